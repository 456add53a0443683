import { defineConfig } from '@lingui/cli'
import { formatter } from '@lingui/format-po'

export default defineConfig({
  sourceLocale: 'en',
  locales: ['en', 'mn'],
  catalogs: [{ path: 'src/language/catalogues/{locale}', include: ['src'] }],
  // Line numbers would change the catalogues with every edit of the code around a sentence.
  format: formatter({ lineNumbers: false }),
  orderBy: 'message',
})
