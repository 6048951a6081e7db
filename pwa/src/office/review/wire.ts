/** What the review's screens read from the server; held against the generated types where these name it. */
import type { components } from '../../api/schema'
import type { VisitDetail } from '../../api/wire'

type Schemas = components['schemas']

export type QueueItem = Schemas['QueueItem']
export type Queue = Schemas['Queue']
export type Mark = Schemas['Mark']
export type Why = Schemas['Why']
export type DecisionView = Schemas['DecisionView']
/** The evidence is the dispatch page's own type, which narrows its words. */
export type ReviewVisit = Omit<Schemas['ReviewVisit'], 'evidence'> & { evidence: VisitDetail }
export type Word = 'accept' | 'reject' | 'ask'
export type FeedbackItem = Schemas['FeedbackItem']
export type FeedbackList = Schemas['FeedbackList']
export type ElderFamily = Schemas['ElderFamily']
export type Invite = Schemas['Invite']
