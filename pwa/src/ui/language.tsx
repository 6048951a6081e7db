/** The other language, one tap away. */
import { lang, setLang } from '../i18n'
import { common } from '../i18n/common'
import { Button } from './index'

export function LanguageSwitch() {
  return (
    <Button kind="quiet" icon="globe" onClick={() => setLang(lang.value === 'zh' ? 'en' : 'zh')}>
      <span lang={lang.value === 'zh' ? 'en' : 'zh-CN'}>{common('switch_language')}</span>
    </Button>
  )
}
