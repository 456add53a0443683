import type { Import } from '../../api/types'
import { useImportStatuses } from './words'

const COLOURS: Readonly<Record<Import['status'], string>> = {
  staged: 'text-warn',
  booked: 'text-gain',
  undone: 'text-soft',
  refused: 'text-loss',
}

export function ImportStatus({ status }: { status: Import['status'] }) {
  const words = useImportStatuses()
  return (
    <span
      className={`flex items-center gap-1.5 text-xs font-medium whitespace-nowrap ${COLOURS[status]}`}
    >
      <span aria-hidden className="size-1.5 rounded-full bg-current" />
      {words[status]}
    </span>
  )
}
