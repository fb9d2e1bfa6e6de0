/** Comments as they are typed: white space at their ends means nothing, and nothing else is no comment. */
export function commentsIn(text: string | undefined): { comments?: string } {
  const comments = text?.trim();
  return comments === undefined || comments === "" ? {} : { comments };
}
