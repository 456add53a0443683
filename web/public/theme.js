// Runs before the first paint, so that a chosen theme does not flash in after the system's own.
try {
  const theme = localStorage.getItem('florin.theme')
  if (theme) document.documentElement.dataset.theme = theme
} catch {
  // Storage may be forbidden; then the system's theme stands.
}
