// The files of this visit by the import that was made of them, so that one can be read again with
// another mapping. After a reload they are gone: a page cannot open a person's file by itself.

const files = new Map<string, File>()

export function keepFile(importId: string, file: File): void {
  files.set(importId, file)
}

export function fileOf(importId: string): File | undefined {
  return files.get(importId)
}
