// What went wrong, in one shape: a problem document of the server, an answer that is none, or no
// answer at all.

/** One field of a request that the server refuses, and the rule that it breaks. */
export interface FieldFault {
  readonly field: string
  readonly rule: string
  readonly detail: string
}

/** No answer came: the server is away, or took too long. */
export const NO_ANSWER = 'no_answer'

/** An answer came that is not of Florin: of a proxy in between, say. */
export const UNREADABLE_ANSWER = 'unreadable_answer'

export class Problem extends Error {
  override readonly name = 'Problem'
  /** The HTTP status; 0 where no answer came. */
  readonly status: number
  /** Stable, for programs. */
  readonly code: string
  /** For people, in English. */
  readonly detail: string
  /** What the operator's logs call the request. */
  readonly requestId: string | null
  readonly faults: readonly FieldFault[]

  constructor(parts: {
    status: number
    code: string
    detail?: string
    requestId?: string | null
    faults?: readonly FieldFault[]
    cause?: unknown
  }) {
    super(parts.detail || parts.code, { cause: parts.cause })
    this.status = parts.status
    this.code = parts.code
    this.detail = parts.detail ?? ''
    this.requestId = parts.requestId ?? null
    this.faults = parts.faults ?? []
  }
}

/** Whatever was thrown, as a problem. */
export function asProblem(thrown: unknown): Problem {
  if (thrown instanceof Problem) return thrown
  return new Problem({ status: 0, code: NO_ANSWER, detail: String(thrown), cause: thrown })
}

/** Reads the answer of a request that failed. */
export async function readProblem(response: Response): Promise<Problem> {
  const { status } = response
  const requestId = response.headers.get('request-id')
  const isProblem = response.headers.get('content-type')?.startsWith('application/problem+json')
  const document: unknown = isProblem ? await response.json().catch(() => null) : null
  if (!isRecord(document) || typeof document['code'] !== 'string') {
    return new Problem({ status, code: UNREADABLE_ANSWER, requestId })
  }
  return new Problem({
    status,
    code: document['code'],
    detail: text(document['detail']) ?? text(document['title']) ?? '',
    requestId: text(document['request_id']) ?? requestId,
    faults: Array.isArray(document['errors']) ? document['errors'].flatMap(readFault) : [],
  })
}

function readFault(value: unknown): FieldFault[] {
  if (!isRecord(value)) return []
  const part = (name: string) => text(value[name]) ?? ''
  return [{ field: part('field'), rule: part('rule'), detail: part('detail') }]
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}
