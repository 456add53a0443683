// @vitest-environment happy-dom
import { fireEvent, screen, waitFor } from '@testing-library/react'
import { describe, expect, it, vi } from 'vitest'
import { renderPart } from '../../testing/render'
import { DropZone } from './drop-zone'
import { stagedImport } from './import-sample'
import { FILE_BYTES_MAX } from './queries'

function file(name: string, bytes = 'OFXHEADER:100'): File {
  return new File([bytes], name)
}

function large(): File {
  return Object.defineProperty(file('large.csv'), 'size', { value: FILE_BYTES_MAX + 1 })
}

function choose(files: File[], POST = vi.fn()) {
  const onStaged = vi.fn()
  renderPart(<DropZone onStaged={onStaged} />, { POST } as never)
  fireEvent.change(screen.getByTestId('statement-file'), { target: { files } })
  return { POST, onStaged }
}

describe('a statement that is brought', () => {
  it('is sent as it is, with its name and a key', async () => {
    const { POST, onStaged } = choose(
      [file('march.ofx')],
      vi.fn().mockResolvedValue({ data: stagedImport }),
    )
    await waitFor(() => expect(onStaged).toHaveBeenCalledWith(stagedImport))
    const [path, { params, body }] = POST.mock.calls[0] ?? []
    expect(path).toBe('/api/v1/imports')
    expect(params.query).toEqual({ file_name: 'march.ofx' })
    expect(params.header['Idempotency-Key']).toMatch(/^[0-9a-f-]{36}$/)
    expect(new TextDecoder().decode(body)).toBe('OFXHEADER:100')
  })

  it.each([
    ['one of several', () => [file('a.ofx'), file('b.ofx')], /One file at a time/],
    ['empty', () => [file('a.ofx', '')], /is empty/],
    ['too large', () => [large()], /larger than 16 MB/],
  ])('is not sent when it is %s', (_, files, words) => {
    const { POST } = choose(files())
    expect(screen.getByText(words)).toBeTruthy()
    expect(POST).not.toHaveBeenCalled()
  })
})
