/** Handing in a roster, and the imports of late. */
import { useSignal } from '@preact/signals'
import { useRef } from 'preact/hooks'
import { api } from '../api/client'
import type { ImportRun } from '../api/wire'
import { t } from '../i18n/office'
import { Link, navigate } from '../router'
import { Button, EmptyState, ErrorState, Icon, Loading, Notice, Progress, Tag } from '../ui'
import { dayClock } from '../ui/format'
import { PageHead, ProblemNotice } from '../ui/desk'
import { fileFault, KINDS, megabytes } from './files'
import { useRead } from './load'
import { COUNTS, STATE_LOOKS } from './run-looks'

export function Imports() {
  return (
    <div class="stack page import-page">
      <PageHead title={t('import_title')} note={t('import_note')} />
      <HandIn />
      <Recent />
    </div>
  )
}

function HandIn() {
  const input = useRef<HTMLInputElement>(null)
  const over = useSignal(false)
  const sending = useSignal<string | null>(null)
  const fault = useSignal<string | null>(null)
  const failed = useSignal<unknown>(null)
  const take = async (files: FileList | null | undefined) => {
    over.value = false
    fault.value = null
    failed.value = null
    const file = files?.[0]
    if (!file || sending.value) return
    const wrong = fileFault(file)
    if ((files?.length ?? 0) > 1) fault.value = t('import_one_only')
    else if (wrong === 'kind') fault.value = t('import_wrong_kind', { name: file.name })
    else if (wrong === 'empty') fault.value = t('import_empty_file')
    else if (wrong === 'big') fault.value = t('import_too_big', { mb: megabytes(file.size) })
    if (fault.value) return
    sending.value = file.name
    const form = new FormData()
    form.append('file', file, file.name)
    try {
      const run = await api.upload<ImportRun>('/api/v1/imports', form)
      navigate(`/office/import/${run.id}`)
    } catch (error) {
      failed.value = error
    }
    sending.value = null
    if (input.current) input.current.value = ''
  }
  return (
    <section
      class={over.value ? 'drop over' : 'drop'}
      onDragOver={(event) => {
        event.preventDefault()
        over.value = true
      }}
      onDragLeave={() => (over.value = false)}
      onDrop={(event) => {
        event.preventDefault()
        void take(event.dataTransfer?.files)
      }}
    >
      {sending.value ? (
        <Progress done={0} total={null} label={t('import_uploading', { name: sending.value })} />
      ) : (
        <>
          <Icon name="upload" />
          <p class="only-desk">
            <b>{t('import_drop')}</b>
            <span class="soft"> {t('import_drop_or')}</span>
          </p>
          <Button kind="primary" icon="file" onClick={() => input.current?.click()}>
            {t('import_choose')}
          </Button>
          <input ref={input} type="file" hidden accept={KINDS.join(',')} aria-label={t('import_choose')} onChange={(event) => void take(event.currentTarget.files)} />
          <p class="soft">{t('import_kinds')}</p>
        </>
      )}
      {fault.value && <Notice tone="bad">{fault.value}</Notice>}
      <ProblemNotice error={failed.value} />
    </section>
  )
}

function Recent() {
  const read = useRead('imports', (signal) => api.get<{ items: ImportRun[] } | ImportRun[]>('/api/v1/imports', {}, { signal }))
  const data = read.data.value
  const runs = Array.isArray(data) ? data : (data?.items ?? [])
  return (
    <section class="stack tight">
      <h2>{t('import_recent')}</h2>
      {data === null ? (
        read.error.value ? (
          <ErrorState error={read.error.value} onRetry={() => void read.reload()} />
        ) : (
          <Loading />
        )
      ) : runs.length === 0 ? (
        <EmptyState icon="file" title={t('import_recent_none')}>
          <p>{t('import_recent_none_hint')}</p>
        </EmptyState>
      ) : (
        <ul class="runs">
          {runs.map((run) => {
            const { icon, tone } = STATE_LOOKS[run.state]
            return (
              <li key={run.id} class="card">
                <Icon name="file" />
                <div class="grow">
                  <Link to={`/office/import/${run.id}`} class="row-link">
                    {run.file_name}
                  </Link>
                  <small class="soft num">{dayClock(run.created_at)}</small>
                </div>
                <span class="run-counts soft num">
                  {(run.state === 'previewed' || run.state === 'applied') && COUNTS.map((name) => `${t(`import_${name}`)} ${run.counts[name]}`).join(' · ')}
                </span>
                <Tag icon={icon} tone={tone}>
                  {t(`import_state_${run.state}`)}
                </Tag>
              </li>
            )
          })}
        </ul>
      )}
    </section>
  )
}
