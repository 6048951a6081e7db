/** One record of a phone with its whole evidence in words, and the four words of how far it has come. */
import type { VisitDetail, VisitEvent } from '../api/wire'
import { common } from '../i18n/common'
import { t } from '../i18n/dispatch'
import { taskName } from '../i18n/services'
import { civilDay, Icon, Tag } from '../ui'
import { DistancePicture } from './distance'
import { captureText, fourWords, gradeReasons, placeText, reasonText, standing, timeOn, timeSentences } from './evidence'
import { GradeMark } from './states'

export function Record({ event, visit, fence_m }: { event: VisitEvent; visit: VisitDetail; fence_m: number }) {
  const day = civilDay(visit.window_start)
  const refused = event.verdict === 'refused'
  const where = standing(event)
  return (
    <article class={refused ? 'record card refused' : event.annulled ? 'record card annulled' : 'record card'}>
      <header class="row wrap spread">
        <h3>
          {t(`kind_${event.kind}`)} <span class="num">{timeOn(event.claimed_at, day).slice(0, -3)}</span>
        </h3>
        <span class="evidence">
          {refused ? (
            <Tag icon="cross" tone="bad">
              {common('word_refused')}
            </Tag>
          ) : (
            <GradeMark grade={event.grade} />
          )}
        </span>
      </header>
      {event.annulled && (
        <p class="with-icon">
          <Icon name="undo" />
          {t('annulled')}
        </p>
      )}
      <FourWords event={event} visit={visit} />
      <div class="record-body">
        <dl class="facts">
          {event.kind !== 'annul' && (
            <>
              <dt>{t('e_how')}</dt>
              <dd>{captureText(event)}</dd>
              <dt>{t('e_where')}</dt>
              <dd class="with-tag">
                <span>{placeText(event)}</span>
                {where !== 'unknown' && (
                  <Tag icon={where === 'inside' ? 'check' : 'warn'} tone={where === 'inside' ? 'good' : 'warn'}>
                    {t(`place_${where}`)}
                  </Tag>
                )}
              </dd>
            </>
          )}
          <dt>{t('e_when')}</dt>
          <dd>
            {timeSentences(event, day).map((line) => (
              <p key={line} class="num">
                {line}
              </p>
            ))}
          </dd>
          {event.kind === 'check_out' && (
            <>
              <dt>{t('e_done')}</dt>
              <dd>
                {event.tasks.length ? (
                  <ul class="tasks">
                    {event.tasks.map((code) => (
                      <li key={code} class="with-icon">
                        <Icon name="check" />
                        {taskName(code, visit.content)}
                      </li>
                    ))}
                  </ul>
                ) : (
                  t('e_no_tasks')
                )}
              </dd>
            </>
          )}
          {event.reason && (
            <>
              <dt>{t('e_why')}</dt>
              <dd>{reasonText(event.reason)}</dd>
            </>
          )}
          {event.note && (
            <>
              <dt>{t('e_note')}</dt>
              <dd>{event.note}</dd>
            </>
          )}
          <dt>{t('e_phone')}</dt>
          <dd>
            {t('e_who', { name: event.caregiver.name, seq: event.seq })} <small class="soft num">{event.device_id.slice(-8)}</small>
          </dd>
        </dl>
        <DistancePicture event={event} fence_m={fence_m} />
      </div>
      {event.grade !== null && event.grade !== 'A' && gradeReasons(event).length > 0 && (
        <p class="soft">{t('g_not_A', { grade: event.grade, reasons: gradeReasons(event).join(t('g_and')) })}</p>
      )}
    </article>
  )
}

function FourWords({ event, visit }: { event: VisitEvent; visit: VisitDetail }) {
  return (
    <ol class="four" aria-label={t('e_words')}>
      {fourWords(event, visit).map(({ word, reached }) => (
        <li key={word} class={reached ? 'yes' : 'no'} title={common(`word_${word}_hint`)}>
          <Icon name={reached ? 'check' : 'clock'} />
          {common(`word_${word}`)}
          <span class="only-read"> {t(reached ? 'step_yes' : 'step_no')}</span>
        </li>
      ))}
    </ol>
  )
}
