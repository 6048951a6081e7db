/** How a sample is named. */
import { s } from '../../i18n/samples'
import { civilDayFull } from '../../ui'
import { lastDay, type Sample } from './model'

export const periodText = (sample: Pick<Sample, 'since' | 'until'>, key: 'period' | 'one_title' = 'period'): string =>
  s(key, { since: civilDayFull(sample.since), last: civilDayFull(lastDay(sample)) })
export const scopeText = ({ provider, area }: Pick<Sample, 'provider' | 'area'>): string => provider?.name ?? area?.name ?? s('everybody')
