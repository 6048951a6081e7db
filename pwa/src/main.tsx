/** Starts the app. */
import { render } from 'preact'
import { App } from './app'
import { lang, setLang } from './i18n'
import { followClicks } from './push/open'
import { startUpdates } from './update'
import './ui/base.css'
import './ui/parts.css'

setLang(lang.value)
render(<App />, document.getElementById('app') as HTMLElement)
startUpdates()
followClicks()
