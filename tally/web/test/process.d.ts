// The little of Node that answers.ts asks for.
declare const process: {
  stdin: { on(event: string, then: (part: { toString(): string }) => void): void };
  stdout: { write(text: string): void };
};
