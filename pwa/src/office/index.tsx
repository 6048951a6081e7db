/** The office area: which screen the address belongs to. */
import { EmptyState } from '../ui'
import { common } from '../i18n/common'

export default function Area({ path }: { path: string }) {
  return <EmptyState title={common('unread')}>{path}</EmptyState>
}
