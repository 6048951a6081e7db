/** Measuring where the home is: once, on the spot, with a phone. */
import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { api } from '../api/client'
import { common } from '../i18n/common'
import { t } from '../i18n/dispatch'
import { Button, Dialog, Loading, Notice, toast } from '../ui'
import { ProblemNotice } from '../ui/desk'
import { distanceText } from './evidence'

const WAIT_MS = 30_000
const GOOD_M = 20
export const WORST_M = 100

type Trouble = 'denied' | 'unavailable' | 'timeout' | 'unsupported'
interface Found {
  lat: number
  lon: number
  accuracy_m: number
}

export const howGood = (accuracy_m: number): 'good' | 'fair' | 'bad' => (accuracy_m <= GOOD_M ? 'good' : accuracy_m <= WORST_M ? 'fair' : 'bad')

/** The best location of half a minute; it ends early when it is good. */
function watch(hear: { better: (found: Found) => void; trouble: (why: Trouble) => void; end: () => void }): () => void {
  if (!('geolocation' in navigator) || !isSecureContext) {
    hear.trouble('unsupported')
    return () => undefined
  }
  let best: number | null = null
  const stop = () => {
    navigator.geolocation.clearWatch(id)
    clearTimeout(timer)
  }
  const id = navigator.geolocation.watchPosition(
    ({ coords }) => {
      if (best !== null && coords.accuracy >= best) return
      best = coords.accuracy
      hear.better({ lat: coords.latitude, lon: coords.longitude, accuracy_m: coords.accuracy })
      if (coords.accuracy <= GOOD_M) {
        stop()
        hear.end()
      }
    },
    (error) => {
      // A time-out of the browser is no reason to stop before our own.
      if (error.code === error.TIMEOUT) return
      stop()
      if (best === null) hear.trouble(error.code === error.PERMISSION_DENIED ? 'denied' : 'unavailable')
      else hear.end()
    },
    { enableHighAccuracy: true, maximumAge: 0, timeout: WAIT_MS },
  )
  const timer = setTimeout(() => {
    stop()
    if (best === null) hear.trouble('timeout')
    else hear.end()
  }, WAIT_MS)
  return stop
}

export function PointDialog({ household, onClose }: { household: { id: string; address: string }; onClose: (saved: boolean) => void }) {
  const inside = useSignal(false)
  const state = useSignal<'start' | 'reading' | 'read'>('start')
  const found = useSignal<Found | null>(null)
  const trouble = useSignal<Trouble | null>(null)
  const busy = useSignal(false)
  const failed = useSignal<unknown>(null)
  const stop = useRef<() => void>(() => undefined)
  useEffect(() => () => stop.current(), [])
  const read = () => {
    stop.current()
    found.value = null
    trouble.value = null
    failed.value = null
    state.value = 'reading'
    stop.current = watch({
      better: (one) => (found.value = one),
      trouble: (why) => {
        trouble.value = why
        state.value = 'start'
      },
      end: () => (state.value = 'read'),
    })
  }
  const usable = found.value !== null && howGood(found.value.accuracy_m) !== 'bad'
  const save = async () => {
    if (!found.value) return
    stop.current()
    state.value = 'read'
    busy.value = true
    failed.value = null
    try {
      await api.put(`/api/v1/households/${household.id}/point`, found.value)
      toast(t('point_saved'))
      onClose(true)
    } catch (error) {
      failed.value = error
      busy.value = false
    }
  }
  const desk = matchMedia('(pointer: fine)').matches && !matchMedia('(any-pointer: coarse)').matches
  return (
    <Dialog
      title={t('point_title')}
      onClose={() => onClose(false)}
      actions={
        <>
          <Button onClick={() => onClose(false)}>{common('cancel')}</Button>
          {usable ? (
            <Button kind="primary" icon="place" busy={busy.value} onClick={() => void save()}>
              {t('point_save')}
            </Button>
          ) : (
            <Button kind="primary" icon="place" disabled={!inside.value} busy={state.value === 'reading'} onClick={read}>
              {t(found.value || trouble.value ? 'point_again' : 'point_read')}
            </Button>
          )}
        </>
      }
    >
      <p>
        <b>{household.address}</b>
      </p>
      <p>{t('point_explain')}</p>
      {desk && <Notice tone="warn">{t('point_not_desk')}</Notice>}
      <p class="soft">{t('point_once')}</p>
      <label class="tick">
        <input type="checkbox" checked={inside.value} disabled={state.value === 'reading'} onChange={(event) => (inside.value = event.currentTarget.checked)} />
        {t('point_inside')}
      </label>
      <div role="status" class="stack tight">
        {state.value === 'reading' && <Loading label={t('point_reading')} />}
        {found.value && <Accuracy found={found.value} />}
      </div>
      {trouble.value && <Notice tone="bad">{t(`point_${trouble.value}`)}</Notice>}
      <ProblemNotice error={failed.value} />
    </Dialog>
  )
}

function Accuracy({ found }: { found: Found }) {
  const how = howGood(found.accuracy_m)
  return (
    <Notice tone={how === 'good' ? 'good' : how === 'fair' ? '' : 'warn'} icon="place">
      <b>{t('point_accuracy', { accuracy: distanceText(found.accuracy_m) })}</b>
      <p>{t(`point_${how}`)}</p>
    </Notice>
  )
}
