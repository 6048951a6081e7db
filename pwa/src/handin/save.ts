/** Giving a file to the person: by the phone's own sheet where there is one, else as a download. */

export async function give(text: string, name: string): Promise<void> {
  const file = new File([text], name, { type: 'application/json' })
  const link = document.createElement('a')
  link.href = URL.createObjectURL(file)
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
}

/** Whether the phone can pass files to another app (a chat, a mail). */
export function canShare(): boolean {
  try {
    return navigator.canShare?.({ files: [new File(['{}'], 'a.json', { type: 'application/json' })] }) ?? false
  } catch {
    return false
  }
}

export async function share(text: string, name: string): Promise<void> {
  await navigator.share({ files: [new File([text], name, { type: 'application/json' })] }).catch((error: unknown) => {
    if ((error as Error).name !== 'AbortError') return give(text, name)
  })
}
