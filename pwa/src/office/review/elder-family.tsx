/** An elder's family: the consent, the links that were given out, and who may look. */
import { useSignal } from '@preact/signals'
import { api, asProblem } from '../../api/client'
import { common } from '../../i18n/common'
import { f } from '../../i18n/folk'
import { r } from '../../i18n/review'
import { goBack } from '../../router'
import { Button, civilDay, dayClock, Dialog, ErrorState, Field, fullDay, Loading, Notice, Tag, toast } from '../../ui'
import { asImage } from '../../ui/image'
import { Choices, PageHead } from '../../ui/desk'
import { SaveDialog } from '../../dispatch/folk/parts'
import { useRead } from '../load'
import type { ElderFamily, Invite } from './wire'
import './review.css'

type By = 'self' | 'guardian' | 'agent'
const TEXT = 'family-view-1'
const day = (civil: string) => fullDay(`${civil}T12:00:00+08:00`)

function ConsentDialog({ id, onDone, onClose }: { id: string; onDone: (now: ElderFamily) => void; onClose: () => void }) {
  const by = useSignal<By>('self')
  const name = useSignal('')
  const on = useSignal(civilDay(Date.now()))
  const save = async () => {
    const giver_name = by.value === 'self' ? null : name.value.trim()
    onDone(await api.post<ElderFamily>(`/api/v1/elders/${id}/consents`, { purpose: 'family_view', given_by: by.value, giver_name, given_on: on.value, text_version: TEXT }))
  }
  return (
    <SaveDialog title={r('consent_record')} action={common('save')} ready={on.value !== '' && (by.value === 'self' || name.value.trim() !== '')} save={save} onClose={onClose}>
      <Choices
        compact
        legend={r('consent_by')}
        value={by.value}
        onChange={(next) => (by.value = next)}
        options={(['self', 'guardian', 'agent'] as const).map((value) => ({ value, label: r(`consent_by_${value}`) }))}
      />
      {by.value !== 'self' && (
        <Field label={r('consent_name')}>{(tied) => <input {...tied} class="input" maxLength={50} value={name.value} onInput={(event) => (name.value = event.currentTarget.value)} />}</Field>
      )}
      <Field label={r('consent_on')}>{(tied) => <input {...tied} class="input" type="date" value={on.value} onInput={(event) => (on.value = event.currentTarget.value)} />}</Field>
    </SaveDialog>
  )
}

function WithdrawDialog({ consent, onDone, onClose }: { consent: string; onDone: (now: ElderFamily) => void; onClose: () => void }) {
  const from = useSignal(civilDay(Date.now()))
  const save = async () => onDone(await api.post<ElderFamily>(`/api/v1/consents/${consent}/withdraw`, { withdrawn_on: from.value }))
  return (
    <SaveDialog title={r('consent_withdraw')} action={r('consent_withdraw')} ready={from.value !== ''} save={save} onClose={onClose}>
      <Field label={r('consent_from')}>{(tied) => <input {...tied} class="input" type="date" value={from.value} onInput={(event) => (from.value = event.currentTarget.value)} />}</Field>
    </SaveDialog>
  )
}

function EndDialog({ link, onDone, onClose }: { link: string; onDone: () => void; onClose: () => void }) {
  const reason = useSignal('')
  const save = async () => {
    await api.post(`/api/v1/family-links/${link}/end`, { reason: reason.value.trim() })
    onDone()
  }
  return (
    <SaveDialog title={r('link_end')} action={r('link_end')} ready={reason.value.trim() !== ''} save={save} onClose={onClose}>
      <Field label={r('link_end_reason')}>{(tied) => <input {...tied} class="input" maxLength={100} value={reason.value} onInput={(event) => (reason.value = event.currentTarget.value)} />}</Field>
    </SaveDialog>
  )
}

function InviteDialog({ id, onClose }: { id: string; onClose: () => void }) {
  const name = useSignal('')
  const relation = useSignal('')
  const made = useSignal<Invite | null>(null)
  const save = async () => {
    made.value = await api.post<Invite>(`/api/v1/elders/${id}/invites`, { name: name.value.trim(), relation: relation.value.trim() })
  }
  const invite = made.value
  if (!invite) {
    return (
      <SaveDialog title={r('invite')} action={r('invite_make')} ready={name.value.trim() !== '' && relation.value.trim() !== ''} save={save} onClose={onClose}>
        <Field label={r('invite_name')}>{(tied) => <input {...tied} class="input" maxLength={50} value={name.value} onInput={(event) => (name.value = event.currentTarget.value)} />}</Field>
        <Field label={r('invite_relation')} hint={r('invite_relation_hint')}>
          {(tied) => <input {...tied} class="input" maxLength={20} value={relation.value} onInput={(event) => (relation.value = event.currentTarget.value)} />}
        </Field>
      </SaveDialog>
    )
  }
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(invite.url)
      toast(r('invite_copied'))
    } catch {
      toast(r('invite_copy_failed'), { bad: true })
    }
  }
  return (
    <Dialog
      title={r('invite_ready', { name: name.value.trim() })}
      onClose={onClose}
      actions={
        <>
          <Button icon="file" onClick={() => void copy()}>
            {r('invite_copy')}
          </Button>
          <Button kind="primary" icon="card" onClick={() => print()}>
            {r('invite_print')}
          </Button>
          <Button onClick={onClose}>{common('close')}</Button>
        </>
      }
    >
      <div class="slip">
        <img src={asImage(invite.qr_svg)} alt={invite.url} width="220" height="220" />
        <p class="code num">{invite.code}</p>
        <p>{r('invite_slip', { host: location.host })}</p>
        <p class="soft">{r('invite_once', { at: dayClock(invite.expires_at) })}</p>
      </div>
    </Dialog>
  )
}

const TONES = { live: 'good', ended: '', without_consent: 'warn' } as const

export function ElderFamilyPage({ id }: { id: string }) {
  const read = useRead(id, (signal) => api.get<ElderFamily>(`/api/v1/elders/${encodeURIComponent(id)}/family`, {}, { signal }))
  const open = useSignal<{ what: 'consent' | 'invite' } | { what: 'withdraw' | 'end'; id: string } | null>(null)
  const close = () => (open.value = null)
  const took = (now: ElderFamily) => {
    read.data.value = now
    toast(r('consent_saved'))
    close()
  }
  const again = () => {
    close()
    void read.reload()
  }
  const revoke = async (invite: string) => {
    try {
      await api.del(`/api/v1/invites/${invite}`)
    } catch (error) {
      toast(asProblem(error).title, { bad: true })
    }
    again()
  }
  const now = read.data.value
  const asked = open.value
  return (
    <div class="stack page">
      <PageHead title={r('elder_family')} back={() => goBack('/dispatch')}>
        {now?.may_act && now.consent === 'in_force' && (
          <Button kind="primary" icon="plus" onClick={() => (open.value = { what: 'invite' })}>
            {r('invite')}
          </Button>
        )}
      </PageHead>
      {!now ? (
        read.error.value ? (
          <ErrorState error={read.error.value} onRetry={() => void read.reload()} />
        ) : (
          <Loading />
        )
      ) : (
        <>
          {!now.may_act && <Notice icon="info">{f('elder_over')}</Notice>}
          <section class="card stack tight">
            <span class="row wrap spread">
              <Tag tone={now.consent === 'in_force' ? 'good' : 'warn'} icon="shield">
                {r(`consent_${now.consent}`)}
              </Tag>
              {now.may_act && now.consent !== 'in_force' && (
                <Button kind="primary" onClick={() => (open.value = { what: 'consent' })}>
                  {r('consent_record')}
                </Button>
              )}
            </span>
            <ul class="plain">
              {now.consents.map((one) => (
                <li key={one.id} class="row wrap spread">
                  <span>
                    {r('consent_line', { by: r(`consent_${one.given_by}` as 'consent_guardian', { name: one.giver_name ?? '' }), on: day(one.given_on) })}
                    {one.withdrawn_on && ` · ${r('consent_until', { on: day(one.withdrawn_on) })}`}
                  </span>
                  {one.in_force && (
                    <Button kind="danger" onClick={() => (open.value = { what: 'withdraw', id: one.id })}>
                      {r('consent_withdraw')}
                    </Button>
                  )}
                </li>
              ))}
            </ul>
          </section>
          <section class="card stack tight">
            <h2>{r('links_title')}</h2>
            {!now.links.length && <p class="soft">{r('links_none')}</p>}
            <ul class="plain">
              {now.links.map((one) => (
                <li key={one.id} class="row wrap spread">
                  <span>
                    <b>{one.name}</b> {one.relation} <Tag tone={TONES[one.state]}>{r(`link_${one.state}`)}</Tag>
                    {one.last_seen_at && <small class="soft num"> {r('link_seen', { at: dayClock(one.last_seen_at) })}</small>}
                  </span>
                  {one.state !== 'ended' && (
                    <Button kind="danger" onClick={() => (open.value = { what: 'end', id: one.id })}>
                      {r('link_end')}
                    </Button>
                  )}
                </li>
              ))}
            </ul>
          </section>
          {now.invites.length > 0 && (
            <section class="card stack tight">
              <h2>{r('invites_open')}</h2>
              <ul class="plain">
                {now.invites.map((one) => (
                  <li key={one.id} class="row wrap spread">
                    <span>
                      <b>{one.name}</b> {one.relation} <small class="soft num">{r('invite_until', { at: dayClock(one.expires_at) })}</small>
                    </span>
                    <Button onClick={() => void revoke(one.id)}>{r('invite_revoke')}</Button>
                  </li>
                ))}
              </ul>
            </section>
          )}
        </>
      )}
      {asked?.what === 'consent' && <ConsentDialog id={id} onDone={took} onClose={close} />}
      {asked?.what === 'withdraw' && <WithdrawDialog consent={asked.id} onDone={took} onClose={close} />}
      {asked?.what === 'end' && <EndDialog link={asked.id} onDone={again} onClose={close} />}
      {asked?.what === 'invite' && <InviteDialog id={id} onClose={again} />}
    </div>
  )
}
