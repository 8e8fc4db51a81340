/** The memory of the engine, seen as bytes. Growing detaches the old buffer, so every access asks anew. */
export class ValkeyMemory {
  private memory: { readonly buffer: ArrayBuffer } | undefined;
  private view: Buffer<ArrayBuffer> = Buffer.from(new ArrayBuffer(0));

  attach(memory: { readonly buffer: ArrayBuffer }): void {
    this.memory = memory;
  }

  bytes(): Buffer<ArrayBuffer> {
    const buffer = this.memory?.buffer;
    if (buffer && this.view.buffer !== buffer) this.view = Buffer.from(buffer);
    return this.view;
  }

  words(): Int32Array {
    return new Int32Array(this.bytes().buffer);
  }

  fields(): DataView {
    return new DataView(this.bytes().buffer);
  }
}
