import type { Socket } from 'node:net';

const PAUSE_ABOVE = 4 << 20;
const RESUME_BELOW = 1 << 20;
// Bytes queued in Node per client. The rest waits inside Valkey, where client-output-buffer-limit can see it.
const OUTPUT_ROOM = 1 << 20;
const GRACE_MS = 2000;

/** One client as the engine sees it: what it has not read yet, and the pieces of the reply of this round. */
export class ValkeyConnection {
  readonly fd: number;
  /** Null is the in-process connection, whose replies go to `answered`. */
  readonly socket: Socket | null;
  answered: ((reply: Buffer) => void) | undefined;
  finished = false;
  gone = false;

  private input: Buffer[] = [];
  private inputOffset = 0;
  private inputLength = 0;
  private output: Buffer[] = [];
  private outputLength = 0;

  constructor(fd: number, socket: Socket | null) {
    this.fd = fd;
    this.socket = socket;
  }

  feed(bytes: Buffer): void {
    this.input.push(bytes);
    this.inputLength += bytes.length;
    if (this.inputLength > PAUSE_ABOVE) this.socket?.pause();
  }

  readable(): boolean {
    return this.inputLength > 0 || this.finished;
  }

  writable(): boolean {
    return this.gone || this.room() > 0;
  }

  /** More than 0 = that many bytes, 0 = end of file, -1 = nothing yet. */
  readInto(memory: Buffer, pointer: number, length: number): number {
    if (this.inputLength === 0) return this.finished ? 0 : -1;
    let taken = 0;
    for (let head = this.input[0]; head && taken < length; head = this.input[0]) {
      const end = Math.min(head.length, this.inputOffset + length - taken);
      const copied = head.copy(memory, pointer + taken, this.inputOffset, end);
      taken += copied;
      this.inputOffset += copied;
      if (this.inputOffset === head.length) {
        this.input.shift();
        this.inputOffset = 0;
      }
    }
    this.inputLength -= taken;
    if (this.inputLength < RESUME_BELOW && this.socket?.isPaused()) this.socket.resume();
    return taken;
  }

  /** Fewer bytes than given = would block, -1 = broken pipe (the engine reads -1 as nothing else). */
  collect(memory: Buffer, pointer: number, length: number): number {
    if (this.gone) return -1;
    const taken = Math.min(length, Math.max(0, this.room()));
    if (taken > 0) {
      this.output.push(Buffer.from(memory.subarray(pointer, pointer + taken)));
      this.outputLength += taken;
    }
    return taken;
  }

  /** One write per client and round: the engine writes replies in pieces, and each piece would cost a packet. */
  flush(): void {
    if (this.outputLength === 0) return;
    const reply = Buffer.concat(this.output, this.outputLength);
    this.output = [];
    this.outputLength = 0;
    if (this.answered) this.answered(reply);
    else if (!this.gone) this.socket?.write(reply);
  }

  /** The engine decides when to hang up; its last words (the answer to QUIT, an error) still go out. */
  close(): void {
    this.flush();
    const socket = this.socket;
    if (!socket || this.gone) return;
    socket.removeAllListeners('data').resume(); // Late input is dropped; unread, it would hide the FIN.
    socket.end();
    const patience = setTimeout(() => socket.destroy(), GRACE_MS);
    socket.once('finish', () => socket.destroySoon()).once('close', () => clearTimeout(patience));
  }

  private room(): number {
    return OUTPUT_ROOM - this.outputLength - (this.socket?.writableLength ?? 0);
  }
}
