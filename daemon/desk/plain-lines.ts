/** For Notepad, which wants both line ends. */
export const lines = (...text: readonly string[]): string =>
  text.map((line) => `${line}\r\n`).join("");
