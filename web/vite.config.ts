import { lingui } from '@lingui/vite-plugin'
import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'
import { linguiMacro } from './tools/lingui-macro.ts'

const SERVER = process.env['FLORIN_URL'] ?? 'http://127.0.0.1:7450'

export default defineConfig({
  plugins: [linguiMacro(), react(), lingui({ failOnMissing: true }), tailwindcss()],
  build: {
    target: ['chrome111', 'firefox128', 'safari16.4'],
    // The page is served with `default-src 'self'`, which refuses what is inlined as data.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    // `npm run size` weighs what a first visit loads, which is what counts.
    chunkSizeWarningLimit: 1000,
  },
  server: {
    proxy: { '/api': SERVER, '/ws': { target: SERVER, ws: true } },
  },
  test: {
    include: ['src/**/*.test.{ts,tsx}'],
    environment: 'node',
    restoreMocks: true,
    unstubGlobals: true,
  },
})
