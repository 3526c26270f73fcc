import { assertEquals, assertThrows } from "@std/assert";
import { readAuthFile } from "../../lib/rpc/auth_file.ts";
import { TemporaryDirectory } from "../support/temporary_directory.ts";

Deno.test("the token is the content of the file without the newline at its end", () => {
  using directory = new TemporaryDirectory();
  for (
    const [content, token] of [
      ["s3cret", "s3cret"],
      ["s3cret\n", "s3cret"],
      ["s3cret\r\n", "s3cret"],
      [" s3 cret \n\n", " s3 cret \n"],
    ]
  ) {
    directory.write({ token: content });
    assertEquals(readAuthFile(directory.file("token")), token);
  }
});

Deno.test("a file without a token, or that cannot be read, is named", () => {
  using directory = new TemporaryDirectory();
  directory.write({ empty: "", newline: "\n" });
  const errorOf = (path: string) => assertThrows(() => readAuthFile(path), Error).message;
  for (const name of ["empty", "newline"]) {
    const path = directory.file(name);
    assertEquals(errorOf(path), `RPC auth file ${path} is empty`);
  }
  const missing = directory.file("missing");
  assertEquals(
    errorOf(missing),
    `Failed to read RPC auth file: open ${missing}: no such file or directory`,
  );
});
