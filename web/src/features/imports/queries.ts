import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { type Api, answer, given } from '../../api/client'
import type { Decision, Import, LineStatus } from '../../api/types'
import type { CsvMapping } from './mapping'

const LATEST_LENGTH = 5
const LINES_LENGTH = 50

/** What the server takes at most; a larger file is refused before it travels. */
export const FILE_BYTES_MAX = 16 * 1024 * 1024

export function latestImportsQuery(api: Api) {
  return queryOptions({
    queryKey: ['imports'],
    queryFn: ({ signal }) =>
      answer(api.GET('/api/v1/imports', { params: { query: { limit: LATEST_LENGTH } }, signal })),
  })
}

export function importQuery(api: Api, id: string) {
  return queryOptions({
    queryKey: ['imports', id],
    queryFn: ({ signal }) =>
      answer(api.GET('/api/v1/imports/{import}', { params: { path: { import: id } }, signal })),
  })
}

export function importLinesQuery(api: Api, id: string, status: LineStatus | undefined) {
  return infiniteQueryOptions({
    queryKey: ['imports', id, 'lines', status],
    queryFn: ({ pageParam, signal }) =>
      answer(
        api.GET('/api/v1/imports/{import}/lines', {
          params: {
            path: { import: id },
            query: given({ status, limit: LINES_LENGTH, cursor: pageParam }),
          },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: page => page.next_cursor ?? undefined,
  })
}

/** What a person may say about how a file is to be read. */
export interface Reading {
  readonly mapping?: CsvMapping | undefined
  /** The asset to book into. */
  readonly account?: string | undefined
}

/** Sends a file to be read: what comes back is a preview, nothing is booked. */
export async function stageFile(
  api: Api,
  file: File,
  reading: Reading,
  key: string,
): Promise<Import> {
  const bytes = await file.arrayBuffer()
  const mapping = reading.mapping && JSON.stringify(reading.mapping)
  return answer(
    api.POST('/api/v1/imports', {
      params: {
        header: { 'Idempotency-Key': key },
        query: { file_name: file.name, ...given({ mapping, account: reading.account }) },
      },
      headers: { 'content-type': 'application/octet-stream' },
      // The contract has no type of TypeScript for bytes; they travel as they are in the file.
      body: bytes as never,
      bodySerializer: body => body,
    }),
  )
}

export function bookImport(api: Api, id: string, partial: boolean, key: string): Promise<Import> {
  return answer(
    api.POST('/api/v1/imports/{import}/book', {
      params: { path: { import: id }, header: { 'Idempotency-Key': key } },
      body: { partial },
    }),
  )
}

export function undoImport(api: Api, id: string, reason: string, key: string): Promise<Import> {
  return answer(
    api.POST('/api/v1/imports/{import}/undo', {
      params: { path: { import: id }, header: { 'Idempotency-Key': key } },
      body: { reason },
    }),
  )
}

export function redoImport(api: Api, id: string, key: string): Promise<Import> {
  return answer(
    api.POST('/api/v1/imports/{import}/redo', {
      params: { path: { import: id }, header: { 'Idempotency-Key': key } },
      body: { partial: false },
    }),
  )
}

export function lineExplanationQuery(api: Api, id: string, line: number) {
  return queryOptions({
    queryKey: ['imports', id, 'why', line],
    queryFn: ({ signal }) =>
      answer(
        api.GET('/api/v1/imports/{import}/lines/{line}', {
          params: { path: { import: id, line } },
          signal,
        }),
      ),
  })
}

export function assetGapsQuery(api: Api, asset: string) {
  return queryOptions({
    queryKey: ['assets', asset, 'gaps'],
    queryFn: ({ signal }) =>
      answer(api.GET('/api/v1/assets/{asset}/gaps', { params: { path: { asset } }, signal })),
  })
}

export function decideLine(api: Api, id: string, line: number, decision: Decision) {
  return answer(
    api.PUT('/api/v1/imports/{import}/lines/{line}', {
      params: { path: { import: id, line } },
      body: { decision },
    }),
  )
}
