/**
 * Scripts in the field write either alphabet, both in one token (node.js converts the first hit only), any part of
 * the padding, and line ends every 60 or 76 characters (Ruby, Android). Each group of characters has one reading, so
 * all of that is lossless. Left-over bits must be zero: otherwise one signature could be written four ways.
 */
export function decodeBase64(text: string): Buffer | undefined {
  const body = /^([A-Za-z0-9+/_-]*)={0,2}$/.exec(text.replace(/[\r\n]/g, ''))?.[1];
  if (body === undefined || body.length % 4 === 1) return undefined;
  const urlSafe = body.replaceAll('+', '-').replaceAll('/', '_');
  const bytes = Buffer.from(urlSafe, 'base64url');
  return bytes.toString('base64url') === urlSafe ? bytes : undefined;
}

export function wrapBase64(text: string, columns: number): string {
  return text.replace(new RegExp(`.{1,${columns}}`, 'g'), '$&\n');
}
