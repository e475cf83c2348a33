import { describe, expect, it } from "vitest";
import { createNotes } from "../../src/formats/notes.ts";
import { plainName } from "../../src/formats/plain-name.ts";

describe("a name of the caller's in a warning", () => {
  it.each(["logit_bias", "computer_20250124", "gpt-5.1", "vendor/model", "$schema"])("%s is told", (name) => {
    expect(plainName(name)).toBe(name);
  });

  it.each(["tell me a secret", "", "a\nb", "é", "x".repeat(65), "-rf"])(
    "%j isn't: it may be text of a prompt",
    (name) => {
      expect(plainName(name)).toBe("(no name)");
    },
  );

  it("is left out of codes and paths where it is none by its form [T13]", () => {
    const notes = createNotes();
    notes.add("dropped", "tell me a secret", "tell me a secret", "why");
    notes.add("changed", "schema", "tools[0].parameters.properties.a b.minimum", "why");
    notes.add("dropped", "tools[1]", "messages[3].content[0]", "why");
    expect(notes.warnings.map(({ code, path }) => [code, path])).toEqual([
      ["dropped:(no name)", "(no name)"],
      ["changed:schema", "tools[0].parameters.properties.(no name).minimum"],
      ["dropped:tools[1]", "messages[3].content[0]"],
    ]);
  });
});
