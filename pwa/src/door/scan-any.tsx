/** Scanning from the first screen: the card says which call it is; if none, it is a visit that is not in the list. */
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { door as t } from '../i18n/door'
import { goBack, navigate } from '../router'
import { type Captured, Scanner } from '../scan/scanner'
import { Button, Loading } from '../ui'
import { Ask, Screen } from './frame'
import { callsOfCard } from './match'
import { ServiceMark, windowText } from './parts'
import { useLocating } from './position'
import { type Call, calls, freshen, handOver, isOpen, isRunning } from './state'

type Step = { at: 'scan' } | { at: 'looking' } | { at: 'which'; captured: Captured } | { at: 'over'; captured: Captured; call: Call }

export function ScanAny() {
  const step = useSignal<Step>({ at: 'scan' })
  const back = () => goBack('/door')
  useLocating()
  useEffect(() => {
    freshen()
  }, [])

  function go(call: Call, captured: Captured) {
    handOver(captured)
    navigate(`/door/visit/${call.visit.id}/${isRunning(call) ? 'out' : 'in'}`, { replace: true })
  }

  function adhoc(captured: Captured) {
    handOver(captured)
    navigate('/door/adhoc', { replace: true })
  }

  async function scanned(captured: Captured) {
    step.value = { at: 'looking' }
    const live = calls.value
    if (!captured.token) {
      if (live.some((call) => isOpen(call) || isRunning(call))) step.value = { at: 'which', captured }
      else adhoc(captured)
      return
    }
    const found = await callsOfCard(captured.token, live)
    // Whoever is being served is meant first; otherwise the earliest call that is open.
    const unplanned = live.find((call) => isRunning(call) && call.token === captured.token)
    const meant = unplanned ?? found.find(isRunning) ?? found.find(isOpen)
    if (meant) go(meant, captured)
    else if (found[0]) step.value = { at: 'over', captured, call: found[0] }
    else adhoc(captured)
  }

  const now = step.value
  if (now.at === 'scan') return <Scanner wanted="home" onCaptured={(captured) => void scanned(captured)} onClose={back} />
  if (now.at === 'over') {
    const name = now.call.visit.elder.name
    return (
      <Ask
        title={t('all_done_title', { name })}
        onClose={back}
        actions={
          <>
            <Button kind="primary" big wide onClick={() => navigate('/door', { replace: true })}>
              {t('to_today')}
            </Button>
            <Button wide onClick={() => adhoc(now.captured)}>
              {t('all_done_yes')}
            </Button>
          </>
        }
      >
        <p>{t('all_done_hint')}</p>
      </Ask>
    )
  }
  if (now.at === 'which') {
    const list = calls.value.filter((call) => isOpen(call) || isRunning(call))
    return (
      <Screen
        title={t('which_title')}
        back={back}
        foot={
          <Button wide onClick={() => adhoc(now.captured)}>
            {t('which_none')}
          </Button>
        }
      >
        <p class="soft">{t('which_hint')}</p>
        {list.map((call) => (
          <button key={call.visit.id} type="button" class="call" onClick={() => go(call, now.captured)}>
            <span class="call-top">
              <span class="call-time num">{windowText(call.visit)}</span>
              <ServiceMark type={call.visit.service_type} />
            </span>
            <strong class="call-name">{call.visit.elder.name}</strong>
            <span class="call-place">{call.visit.household.address}</span>
          </button>
        ))}
      </Screen>
    )
  }
  return <Loading />
}
