/** Names of contents and tasks, and the procedures of visits that nobody planned; the list itself is the server's catalogue, kept in schemas/services.json. */
import { contents, emergency_procedure, procedures } from '../../../schemas/services.json'
import type { Procedure } from '../api/wire'
import type { ServiceType } from './common'
import { say } from './index'

interface Text {
  zh: string
  en: string
}
interface Content extends Text {
  service_type: string
  at_home: boolean
  safety_procedure: string | null
  tasks: (Text & { code: string })[]
}
const known = contents as Record<string, Content | undefined>
const steps: Record<string, Procedure | undefined> = procedures
const tasks = new Map(Object.values(contents).flatMap((content) => content.tasks.map((task) => [task.code, task as Text] as const)))

const named = (text: Text | undefined, code: string): string => (text ? say([text.zh, text.en]) : code)

/** The name of a content code; what is not in the catalogue is shown as it is. */
export const contentName = (code: string): string => named(known[code], code)

/** The same task code may be worded otherwise in another content. */
export const taskName = (code: string, content: string): string => named(known[content]?.tasks.find((task) => task.code === code) ?? tasks.get(code), code)

/** Contents of a type that happen at the home's door. */
export const contentsOf = (type: ServiceType): string[] =>
  Object.entries(known).flatMap(([code, content]) => (content?.service_type === type && content.at_home ? [code] : []))

/** What is done in a content. */
export const tasksOf = (content: string): { code: string; zh: string; en: string }[] => known[content]?.tasks ?? []

/** What to do in an emergency, whatever the content. A planned visit brings its own. */
export const emergencyOf = (): Procedure | null => steps[emergency_procedure] ?? null

/** The rules to acknowledge for a content, such as those of a bath. */
export const safetyOf = (content: string): Procedure | null => steps[known[content]?.safety_procedure ?? ''] ?? null
