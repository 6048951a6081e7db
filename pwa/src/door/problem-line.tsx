/** A failure inside a screen of the caregiver, in plain words; what was there before stays. */
import { asProblem } from '../api/client'
import { Notice } from '../ui'

export function ProblemLine({ error }: { error: unknown }) {
  const problem = asProblem(error)
  return (
    <Notice tone="bad" icon={problem.status === 0 ? 'offline' : 'warn'}>
      <strong>{problem.title}</strong>
      {problem.detail && <p>{problem.detail}</p>}
    </Notice>
  )
}
