// Labels of a chart's axes. They name positions on a scale, never an amount, which is why they
// may be binary fractions.

import type { Conventions } from './conventions'

/** Labels of positions that are `step` apart: 1.20M, 1.25M. All get the same unit and decimals. */
export function axisLabels(
  positions: readonly number[],
  step: number,
  conventions: Conventions,
): string[] {
  const largest = Math.max(0, ...positions.map(Math.abs))
  const unit = conventions.largeUnits.find(({ size }) => largest >= size)
  const size = unit?.size ?? 1
  const decimals = decimalsOf(step / size)
  return positions.map(position => {
    if (position === 0) return '0'
    const number = (Math.abs(position) / size).toFixed(decimals)
    const shown = number.replace('.', conventions.decimalSign) + (unit?.sign ?? '')
    return position < 0 ? `\u2212${shown}` : shown
  })
}

/** How many decimals tell neighbours apart: none for 20, one for 0.5, two for 0.25. */
function decimalsOf(step: number): number {
  for (let decimals = 0; decimals < 6; decimals += 1) {
    const scaled = step * 10 ** decimals
    if (scaled >= 1 && Math.abs(scaled - Math.round(scaled)) < 1e-6) return decimals
  }
  return 6
}
