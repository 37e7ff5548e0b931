const blockBytes = 512;

/** An archive in the POSIX ustar format; names of at most 100 bytes, every file mode 0600. */
export function tarFile(files: Readonly<Record<string, Uint8Array>>): Buffer {
	const blocks: Uint8Array[] = [];
	for (const [name, content] of Object.entries(files)) {
		blocks.push(
			header(name, content.length),
			content,
			Buffer.alloc((blockBytes - (content.length % blockBytes)) % blockBytes),
		);
	}
	// Two empty blocks are the end.
	return Buffer.concat([...blocks, Buffer.alloc(2 * blockBytes)]);
}

function header(name: string, sizeBytes: number): Buffer {
	const block = Buffer.alloc(blockBytes);
	const octal = (value: number, digits: number) => value.toString(8).padStart(digits, "0");
	block.write(name, 0, 100);
	block.write(`${octal(0o600, 7)}\0${octal(0, 7)}\0${octal(0, 7)}\0`, 100);
	block.write(`${octal(sizeBytes, 11)} ${octal(Math.floor(Date.now() / 1_000), 11)} `, 124);
	// The sum is made with blanks in its own place.
	block.write("        0", 148);
	block.write("ustar\u000000", 257);
	const sum = block.reduce((total, byte) => total + byte, 0);
	block.write(`${octal(sum, 6)}\0 `, 148);
	return block;
}
