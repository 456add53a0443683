import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  test: {
    include: ['*.test.ts'],
    // The steps of a journey follow from one another: after one that fails the rest says nothing.
    bail: 1,
    testTimeout: 60_000,
    hookTimeout: 90_000,
  },
})
