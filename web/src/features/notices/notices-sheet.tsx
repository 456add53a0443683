import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { newIdempotencyKey } from '../../api/client'
import { useApi } from '../../api/provider'
import type { Notice } from '../../api/types'
import { useFormats } from '../../language/use-formats'
import { Button } from '../../ui/button'
import { ProblemNotice } from '../../ui/problem-notice'
import { Sheet } from '../../ui/sheet'
import { noticesQuery, readNotices } from './queries'

interface NoticesSheetProps {
  link: (id: string, title: ReactNode) => ReactNode
  onClose: () => void
}

/** The latest notices. What was not read stays marked until somebody says that it was. */
export function NoticesSheet({ link, onClose }: NoticesSheetProps) {
  const { t } = useLingui()
  const api = useApi()
  const queries = useQueryClient()
  const formats = useFormats()
  const notices = useQuery(noticesQuery(api, formats.conventions.language))
  const items = notices.data?.items ?? []
  const read = useMutation({
    mutationFn: ({ through, key }: { through: string; key: string }) =>
      readNotices(api, through, key),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['notices'] }),
  })
  const latest = items[0]
  const isUnread = items.some(one => one.read_at === undefined)
  return (
    <Sheet title={<Trans>Notices</Trans>} onClose={onClose}>
      {notices.isError && (
        <ProblemNotice thrown={notices.error} retry={() => void notices.refetch()} />
      )}
      {notices.isSuccess && items.length === 0 && (
        <p className="text-soft">
          <Trans>There is nothing to be told.</Trans>
        </p>
      )}
      {latest && isUnread && (
        <Button
          busy={read.isPending}
          onClick={() => read.mutate({ through: latest.id, key: newIdempotencyKey() })}
        >
          <Trans>Mark all as read</Trans>
        </Button>
      )}
      {read.isError && <ProblemNotice thrown={read.error} />}
      <ul aria-label={t`Latest notices`} className="mt-2">
        {items.map(one => (
          <li key={one.id} className="border-t border-rule py-3 first:border-0">
            <h3 className={one.read_at === undefined ? 'font-semibold' : 'text-soft'}>
              {title(one, link, onClose)}
            </h3>
            <p className="mt-1 whitespace-pre-line text-soft">{one.text}</p>
            <p className="mt-1 text-xs text-soft">{formats.moment(one.created_at)}</p>
          </li>
        ))}
      </ul>
    </Sheet>
  )
}

/** The title; a link, where the page shows what it is about. */
function title(notice: Notice, link: NoticesSheetProps['link'], onFollow: () => void): ReactNode {
  const text = notice.title ?? notice.kind
  if (notice.about?.kind !== 'import') return text
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the link inside is what is followed by keys.
    // biome-ignore lint/a11y/noStaticElementInteractions: it only closes the sheet behind the link.
    <span onClick={onFollow}>{link(notice.about.id, text)}</span>
  )
}
