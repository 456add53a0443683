import { useMutation, useQueryClient } from '@tanstack/react-query'
import { newIdempotencyKey } from '../../api/client'
import { useApi } from '../../api/provider'
import type { Import } from '../../api/types'
import { type Reading, stageFile } from './queries'
import { keepFile } from './staged-files'

/** Reads a file: once for a drop, again for another mapping. */
export function useStage(onStaged: (staged: Import) => void) {
  const api = useApi()
  const queries = useQueryClient()
  return useMutation({
    mutationFn: ({ file, reading, key }: { file: File; reading: Reading; key: string }) =>
      stageFile(api, file, reading, key),
    onSuccess: async (staged, { file }) => {
      keepFile(staged.id, file)
      queries.setQueryData(['imports', staged.id], staged)
      onStaged(staged)
      await queries.invalidateQueries({ queryKey: ['imports'], exact: true })
    },
  })
}

/** What `useStage` is to be called with. */
export function staging(file: File, reading: Reading = {}) {
  return { file, reading, key: newIdempotencyKey() }
}
