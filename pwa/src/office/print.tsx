/** Printing the chosen homes: how, the warning about old cards, and the file that holds the new codes. */
import { useSignal } from '@preact/signals'
import { api, asProblem } from '../api/client'
import { common } from '../i18n/common'
import { t } from '../i18n/office'
import { Button, civilDay, Dialog, Icon, Loading, Notice } from '../ui'
import { Choices, ProblemNotice } from '../ui/desk'
import { save } from './files'
import { elderNames } from './homes'
import { type Chosen, canBePng, type Format, type Layout, MOST, pages, withCard } from './selection'

export interface Printed {
  url: string
  name: string
  homes: number
  taken: boolean
}

export function PrintBar(props: {
  chosen: Chosen
  layout: Layout
  format: Format
  onLayout: (value: Layout) => void
  onFormat: (value: Format) => void
  onClear: () => void
  onPrint: () => void
}) {
  const n = props.chosen.size
  const old = withCard(props.chosen).length
  if (n === 0) {
    return (
      <div class="print-bar idle">
        <Icon name="info" />
        {t('cards_choose_hint')}
      </div>
    )
  }
  return (
    <section class="print-bar" aria-label={t('cards_make')}>
      <div class="print-count">
        <p role="status">
          <b>{t('cards_chosen', { n })}</b>
          {old > 0 && (
            <span class="warn-text with-icon">
              <Icon name="warn" />
              {t('cards_chosen_with', { n: old })}
            </span>
          )}
          {n >= MOST && <span class="soft">{t('cards_limit')}</span>}
        </p>
        <Button kind="quiet" class="small" onClick={props.onClear}>
          {t('cards_clear')}
        </Button>
      </div>
      <Choices
        compact
        legend={t('cards_layout')}
        value={props.layout}
        onChange={props.onLayout}
        options={[
          { value: 'sheet', label: t('cards_layout_sheet'), hint: t('cards_layout_sheet_hint') },
          { value: 'card', label: t('cards_layout_card'), hint: t('cards_layout_card_hint') },
        ]}
      />
      <Choices
        compact
        legend={t('cards_format')}
        value={canBePng(n, props.layout) ? props.format : 'pdf'}
        onChange={props.onFormat}
        options={[
          { value: 'pdf', label: t('cards_format_pdf'), hint: t('cards_pages', { n: pages(n, props.layout) }) },
          { value: 'png', label: t('cards_format_png'), hint: t('cards_format_png_hint'), disabled: !canBePng(n, props.layout) },
        ]}
      />
      <Button kind="primary" icon="card" onClick={props.onPrint}>
        {t('cards_make')}
      </Button>
    </section>
  )
}

export function PrintDialog(props: { chosen: Chosen; layout: Layout; format: Format; unread: boolean; onClose: (result: Printed | 'unsure' | null) => void }) {
  const { chosen, layout, format } = props
  const n = chosen.size
  const old = withCard(chosen)
  const understood = useSignal(old.length === 0)
  const busy = useSignal(false)
  const failed = useSignal<unknown>(null)
  // When no answer came nobody knows whether the old cards still work.
  const unsure = failed.value !== null && asProblem(failed.value).status === 0
  const print = async () => {
    busy.value = true
    failed.value = null
    try {
      const blob = await api.file('/api/v1/cards', { household_ids: [...chosen.keys()], layout, format }, { timeoutMs: 300_000 })
      props.onClose({ url: URL.createObjectURL(blob), name: `doorstep-cards-${civilDay(Date.now())}-${n}.${format}`, homes: n, taken: false })
    } catch (error) {
      failed.value = error
      busy.value = false
    }
  }
  const close = () => !busy.value && props.onClose(unsure ? 'unsure' : null)
  return (
    <Dialog
      title={t('cards_confirm_title', { n })}
      onClose={close}
      actions={
        busy.value ? undefined : (
          <>
            <Button onClick={close}>{common('cancel')}</Button>
            <Button kind={old.length ? 'danger' : 'primary'} icon="card" disabled={!understood.value} onClick={() => void print()}>
              {t('cards_confirm_do', { n })}
            </Button>
          </>
        )
      }
    >
      {busy.value ? (
        <>
          <Loading label={t('cards_working', { n })} />
          <p class="soft">{t('cards_working_hint')}</p>
        </>
      ) : (
        <>
          {props.unread && <Notice tone="warn">{t('cards_leave')}</Notice>}
          {n > old.length && <p>{t('cards_confirm_new', { n: n - old.length })}</p>}
          {old.length > 0 && (
            <>
              <Notice tone="warn">
                <p>{t('cards_confirm_old', { n: old.length })}</p>
                <p>{t('cards_confirm_bring')}</p>
              </Notice>
              <details class="old-cards" open={old.length <= 5}>
                <summary>{t('cards_confirm_old_list')}</summary>
                <ul tabIndex={0} aria-label={t('cards_confirm_old_list')}>
                  {old.map((home) => (
                    <li key={home.id}>
                      <b>{elderNames(home)}</b> <span class="soft">{home.address}</span>
                    </li>
                  ))}
                </ul>
              </details>
              <label class="tick">
                <input type="checkbox" checked={understood.value} onChange={(event) => (understood.value = event.currentTarget.checked)} />
                {t('cards_confirm_understood')}
              </label>
            </>
          )}
          <ProblemNotice error={failed.value} />
          {unsure && (
            <Notice tone="warn">
              <b>{t('cards_unsure')}</b>
              <p>{t('cards_unsure_hint')}</p>
            </Notice>
          )}
        </>
      )}
    </Dialog>
  )
}

export function Ready({ printed, onTaken, onDone }: { printed: Printed; onTaken: () => void; onDone: () => void }) {
  return (
    <section class="ready card" role="status">
      <Icon name="counted" />
      <div class="grow">
        <h2>{t('cards_ready', { n: printed.homes })}</h2>
        <p>{t('cards_ready_hint')}</p>
      </div>
      <div class="row wrap">
        <a class="button primary" href={printed.url} target="_blank" rel="noopener" onClick={onTaken}>
          <Icon name="file" />
          <span>{t('cards_open')}</span>
        </a>
        <Button
          icon="download"
          onClick={() => {
            save(printed.url, printed.name)
            onTaken()
          }}
        >
          {t('cards_download')}
        </Button>
        {printed.taken && (
          <Button kind="quiet" icon="check" onClick={onDone}>
            {t('cards_done')}
          </Button>
        )}
      </div>
    </section>
  )
}
