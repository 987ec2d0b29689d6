/**
 * The languages of the page.
 */
import type { Language } from './page-link.ts'
import { english, type Words } from './words-en.ts'
import { chinese } from './words-zh.ts'

/** The words of each language. */
export const wordsOf: Readonly<Record<Language, Words>> = { en: english, zh: chinese }

/** The language tag of each language, as HTML has it. */
export const languageTags: Readonly<Record<Language, string>> = { en: 'en', zh: 'zh-CN' }

/** The first language of the browser that the page has. */
export const preferredLanguage = (preferred: readonly string[]): Language =>
  preferred
    .map(tag => (/^zh\b/i.test(tag) ? 'zh' : /^en\b/i.test(tag) ? 'en' : undefined))
    .find(language => language !== undefined) ?? 'en'
