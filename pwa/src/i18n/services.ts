/** Names of contents and tasks; the list itself is the server's catalogue, kept in schemas/services.json. */
import { contents } from '../../../schemas/services.json'
import type { ServiceType } from './common'
import { say } from './index'

interface Text {
  zh: string
  en: string
}
interface Content extends Text {
  service_type: string
  at_home: boolean
  tasks: (Text & { code: string })[]
}
const known = contents as Record<string, Content | undefined>
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
