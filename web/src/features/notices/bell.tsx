import { Plural, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { createPortal } from 'react-dom'
import { useApi } from '../../api/provider'
import { Icon } from '../../ui/icon'
import { NoticesSheet } from './notices-sheet'
import { unreadQuery } from './queries'

interface BellProps {
  className: string
  /** A link to the page of an import, around the title of what is told of it. */
  link: (id: string, title: ReactNode) => ReactNode
}

/** How many notices are not read, and the way to them. */
export function Bell({ className, link }: BellProps) {
  const { t } = useLingui()
  const [isOpen, open] = useState(false)
  const unread = useQuery(unreadQuery(useApi())).data?.unread ?? 0
  return (
    <>
      <button
        type="button"
        className={`${className} relative`}
        title={t`Notices`}
        onClick={() => open(true)}
      >
        <Icon name="bell" />
        {unread > 0 && (
          <span
            aria-hidden="true"
            className="absolute top-0.5 right-0 min-w-4 rounded-full bg-accent px-1 text-center text-[0.65rem] leading-4 font-semibold text-paper"
          >
            {unread > 99 ? '99+' : unread}
          </span>
        )}
        <span className="sr-only">
          {unread > 0 ? (
            <Plural value={unread} one="Notices, # not read" other="Notices, # not read" />
          ) : (
            t`Notices`
          )}
        </span>
      </button>
      {/* The bell stands in the page's banner; the sheet has a header of its own. */}
      {isOpen &&
        createPortal(<NoticesSheet link={link} onClose={() => open(false)} />, document.body)}
    </>
  )
}
