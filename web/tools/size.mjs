// Weighs what a browser loads before the first page stands: index.html and what it names.
// Fails above the budget, so that a heavy dependency shows on the day it comes.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync } from 'node:zlib'

const FIRST_LOAD_BYTES_MAX = 200 * 1024

const dist = fileURLToPath(new URL('../dist/', import.meta.url))
const html = readFileSync(`${dist}index.html`, 'utf8')
const named = [...html.matchAll(/(?:src|href)="\/([^"]+)"/g)].map(match => match[1])
const weights = ['index.html', ...new Set(named)].map(name => {
  const bytes = readFileSync(dist + name)
  return { name, plain: bytes.length, brotli: brotliCompressSync(bytes).length }
})

const kilobytes = bytes => (bytes / 1024).toFixed(1).padStart(7)
for (const { name, plain, brotli } of weights) {
  process.stdout.write(`${kilobytes(brotli)} KB brotli ${kilobytes(plain)} KB plain  ${name}\n`)
}
const total = weights.reduce((sum, { brotli }) => sum + brotli, 0)
process.stdout.write(
  `${kilobytes(total)} KB brotli on first load, of ${FIRST_LOAD_BYTES_MAX / 1024} KB allowed\n`,
)
if (total > FIRST_LOAD_BYTES_MAX) process.exitCode = 1
