// Holds that every sentence of the page stands in the catalogues, and is translated. Extraction
// writes in place, so the files are put back where they were out of date: a check changes nothing.
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('../src/language/catalogues/', import.meta.url))
const catalogues = readdirSync(folder).filter(name => name.endsWith('.po'))
const read = () => catalogues.map(name => readFileSync(folder + name, 'utf8'))

const before = read()
const extraction = spawnSync('lingui', ['extract', '--clean'], { encoding: 'utf8', shell: true })
const after = read()
catalogues.forEach((name, index) => {
  if (after[index] !== before[index]) writeFileSync(folder + name, before[index])
})
const stale = catalogues.filter((_, index) => after[index] !== before[index])
const missing = catalogues.filter((_, index) => /^msgstr ""\n(?!")/m.test(after[index]))

if (extraction.status !== 0) {
  process.stderr.write(extraction.stdout + extraction.stderr)
  process.exitCode = 1
}
for (const name of stale) {
  process.stderr.write(`${name} is not what the code says: npm run catalogues\n`)
  process.exitCode = 1
}
for (const name of missing) {
  process.stderr.write(`${name} has sentences without a translation\n`)
  process.exitCode = 1
}
