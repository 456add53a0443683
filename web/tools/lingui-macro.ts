import { transformAsync } from '@babel/core'
import type { Plugin } from 'vite'

/**
 * Turns the macros of Lingui into plain calls. Babel reads only the files that use them, so that
 * everything else keeps Vite's own quick way.
 */
export function linguiMacro(): Plugin {
  return {
    name: 'lingui-macro',
    enforce: 'pre',
    async transform(code, id) {
      const file = id.split('?')[0] ?? id
      if (!/\.tsx?$/.test(file) || !/@lingui\/\w+\/macro/.test(code)) return null
      const transformed = await transformAsync(code, {
        filename: file,
        babelrc: false,
        configFile: false,
        sourceMaps: true,
        parserOpts: { plugins: ['typescript', 'jsx'] },
        plugins: ['@lingui/babel-plugin-lingui-macro'],
      })
      if (transformed?.code == null) return null
      return { code: transformed.code, map: transformed.map ?? null }
    },
  }
}
