#!/usr/bin/env python3
"""Finds what can be taken out of the guard and of the judges, writes sources in which an environment variable takes it out, and runs the tests on each.

Called by scripts/mutations, which says more. It knows Swift by its brackets, strings and key words alone, and rests on how swift-format lays code out.
"""

import bisect
import collections
import filecmp
import json
import os
import re
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import time

GUARD = "Sources/HostSafety/Guard/"
JUDGES = "Sources/Verdicts/"
# What these hold is no decision: how the host is reached, and how it is said.
LEFT_ALONE = ("ServiceUnits.swift", "Signature.swift", "Network.swift", "Wording.swift", "Errno.swift", "WantedOrder.swift")
VARIABLE = "BINDRACE_MUTANT"

# The same for each module; a site asks isOut() with its number.
SWITCH = """internal import Glibc

private let number: Int =
  unsafe getenv("%s").flatMap { unsafe Int(String(cString: $0)) } ?? 0

@inline(never) func isOut(_ site: Int) -> Bool { site == number }

func unless<Value>(_ site: Int, _ list: @autoclosure () -> [Value]) -> [Value] {
  isOut(site) ? [] : list()
}

func kept<Value>(_ entries: [(Int, Value)]) -> [Value] {
  entries.filter { !isOut($0.0) }.map { $0.1 }
}

@_disfavoredOverload
func kept<Value>(_ entries: [(Int, Value)]) -> Set<Value> {
  Set(entries.filter { !isOut($0.0) }.map { $0.1 })
}

func keptPairs<Key, Value>(_ entries: [(Int, (Key, Value))]) -> [Key: Value] {
  Dictionary(uniqueKeysWithValues: entries.filter { !isOut($0.0) }.map { $0.1 })
}
""" % VARIABLE


# What the tests of the two targets need, and nothing else.
OWN_TESTS = """
let own: Set = [
  "Races", "Verdicts", "HostSafety", "KernelTrace", "DriverModel", "Udev", "Evidence", "CLinux",
  "CUdev", "CSystemd", "CBlkid", "TemporaryFolder", "HostSafetyTests", "VerdictsTests",
]
package.targets.removeAll { !own.contains($0.name) }
package.products = []
package.dependencies = []
"""


class Site:
    """A place, what is put before and behind it, and in words what that takes out."""

    def __init__(self, kind, path, line, words, inserts, number=0):
        self.kind, self.path, self.line, self.words, self.inserts, self.number = kind, path, line, words, inserts, number

    @property
    def key(self):
        return f"{self.path}: {self.words}"


def masked(text):
    """The same with strings and comments made of filling; lengths stay."""
    out, i, end = list(text), 0, len(text)

    def string(i):
        out[i] = '"'
        i += 1
        while text[i] != '"':
            if text[i] == "\\" and text[i + 1] == "(":
                depth, i = 0, i
                out[i] = "_"
                i += 1
                while True:
                    char = text[i]
                    if char == '"':
                        first = i
                        i = string(i)
                        for at in range(first, i):
                            out[at] = "_"
                        continue
                    depth += (char == "(") - (char == ")")
                    out[i] = "_"
                    i += 1
                    if depth == 0:
                        break
                continue
            step = 2 if text[i] == "\\" else 1
            for at in range(i, i + step):
                out[at] = "_"
            i += step
        out[i] = '"'
        return i + 1

    while i < end:
        if text.startswith("//", i):
            while i < end and text[i] != "\n":
                out[i] = " "
                i += 1
        elif text[i] == '"':
            i = string(i)
        else:
            i += 1
    return "".join(out)


CONTINUES = re.compile(r"\s*(&&|where\b|\|\||\?\?|\.[a-z]|\? |: |[+\-*/|&] |==|!=|<|>|else\b|\))")
CONTROL = re.compile(r"(if|guard|else|for|while|switch|do|catch|defer|repeat)\b")
CALL = re.compile(r"(?:_ = )?[a-z][\w.?!]*(?:\[[^\]]*\])?[\w.?!]*(\(| \+= | = )")
# What calls a closure that says yes or no.
PREDICATES = "filter|first|last|contains|allSatisfy|firstIndex|lastIndex|count|prefix|drop|max|min"


class File:
    def __init__(self, root, path):
        self.path = path
        with open(os.path.join(root, path), encoding="utf-8") as file:
            self.text = file.read()
        self.mask = masked(self.text)
        self.lines = [0] + [m.end() for m in re.finditer("\n", self.text)]
        self.partner, stack = {}, []
        for i, char in enumerate(self.mask):
            if char in "([{":
                stack.append(i)
            elif char in ")]}":
                first = stack.pop()
                self.partner[first], self.partner[i] = i, first
        self.sites, self.seen = [], set()
        self.name = os.path.basename(path)
        self.is_guard = path.startswith(GUARD)
        self.find()

    # What a block is.

    def header(self, brace):
        """What stands before a brace, back to where its statement begins."""
        i = brace - 1
        while i >= 0:
            char = self.mask[i]
            if char in ")]}":
                if char == "}" and self.mask[i + 1 : brace].strip() and not CONTINUES.match(self.mask[i + 1 : brace]):
                    # A block before it, unless a chain goes on.
                    if "\n" in self.mask[i + 1 : brace]:
                        break
                i = self.partner[i] - 1
                continue
            if char in "([{":
                break
            if char == "\n" and not CONTINUES.match(self.mask[i + 1 : brace]):
                before = self.mask[:i].rstrip()
                if before and before[-1] not in ",(=" and not before.endswith(("&&", "||", "->", "return", "guard")):
                    head = self.mask[i + 1 : brace].strip()
                    if head:
                        break
            i -= 1
        return self.mask[i + 1 : brace].strip()

    def function(self, position):
        """The type that the function or the closure around it gives, and whether that is a closure."""
        brace = position
        while True:
            brace = self.around(brace)
            if brace is None:
                return "", False
            if self.mask[brace] != "{":
                continue
            head = self.header(brace)
            if CONTROL.match(head) or head.endswith("else"):
                continue
            if re.search(r"\b(func|init|var|subscript)\b", head) and not re.search(r"\b(let|var)\b[^(=]* = ", head):
                given = re.search(r"->\s*(.+)$", head, re.S) or re.search(r":\s*([^:]+)$", head, re.S)
                return (given.group(1).strip() if given else ""), False
            if re.match(r"(get|set|mutating get)$", head):
                continue
            return ("?" if re.search(r"compactMap(\s|\()*$", head) and not self.is_guard else ""), True

    def around(self, position):
        """The innermost bracket that it stands in."""
        i = position - 1
        while i >= 0:
            char = self.mask[i]
            if char in ")]}":
                i = self.partner[i]
            elif char in "([{":
                return i
            i -= 1
        return None

    # Splitting.

    def split(self, start, end, separators):
        """The parts of a stretch between separators that stand in no bracket of it."""
        parts, i, first = [], start, start
        while i < end:
            if self.mask[i] in "([{":
                i = self.partner[i] + 1
                continue
            for separator in separators:
                if self.mask.startswith(separator, i):
                    parts.append((first, i))
                    i += len(separator) - 1
                    first = i + 1
                    break
            i += 1
        return parts + [(first, end)]

    def trimmed(self, start, end):
        while start < end and self.mask[start].isspace():
            start += 1
        while end > start and self.mask[end - 1].isspace():
            end -= 1
        return start, end

    def statements(self, start, end):
        """The statements of a block."""
        found, i, first = [], start, start
        while i < end:
            char = self.mask[i]
            if char in "([{":
                i = self.partner[i] + 1
                continue
            if char in "\n;":
                rest = self.mask[i + 1 : end]
                before = self.mask[first:i].rstrip()
                goes_on = CONTINUES.match(rest) or before.endswith((",", "=", "&&", "||", "return", "guard", "->", ":")) \
                    and not re.search(r"\bcase\b[^\n]*:$", before)
                if not goes_on:
                    found.append((first, i))
                    first = i + 1
            i += 1
        found.append((first, end))
        return [(a, b) for a, b in (self.trimmed(a, b) for a, b in found) if a < b]

    # Sites.

    def add(self, kind, start, end, words, before, behind=""):
        if (start, end, before) in self.seen:
            return
        self.seen.add((start, end, before))
        line = bisect.bisect_right(self.lines, start)
        said = " ".join(self.text[start:end].split())
        self.sites.append(Site(kind, self.path, line, f"{words} {said}" if words else said, [(start, end, before, behind)]))

    def forced_true(self, kind, start, end):
        start, end = self.trimmed(start, end)
        self.add(kind, start, end, "always true:", "(isOut(#) || (", "))")

    def forced_false(self, kind, start, end):
        start, end = self.trimmed(start, end)
        self.add(kind, start, end, "always false:", "(!isOut(#) && (", "))")

    def condition(self, start, end, alone):
        """A stretch that is true or false: each part of it, so that it decides nothing any more."""
        start, end = self.trimmed(start, end)
        if end <= start or self.mask[start:end] in ("true", "false"):
            return
        alternatives = self.split(start, end, ["||"])
        for a, b in alternatives:
            parts = self.split(a, b, ["&&"])
            if len(parts) > 1:
                for part in parts:
                    self.forced_true("condition", *part)
            if len(alternatives) > 1:
                self.forced_false("condition", a, b)
        if alone and (len(alternatives) > 1 or "&&" not in self.flat(start, end)):
            self.forced_true("condition", start, end)

    def flat(self, start, end):
        """A stretch without what stands in brackets."""
        out, i = [], start
        while i < end:
            out.append(self.mask[i])
            i = self.partner[i] + 1 if self.mask[i] in "([{" else i + 1
        return "".join(out)

    def clauses(self, start, end):
        for a, b in self.split(start, end, [","]):
            a, b = self.trimmed(a, b)
            if not re.match(r"(let|var|case|unsafe|try)\b", self.mask[a:b]):
                self.condition(a, b, alone=True)

    def kind(self, position, text):
        """What is taken out there, by where it stands."""
        if self.is_guard:
            return "reason"
        if self.name in ("Testimony.swift", "OrderFacts.swift", "Deferral.swift"):
            return "doubt"
        return "doubt" if re.search(r"inconclusive|[Dd]oubt|untold|nrecorded|unfinished|pendingRetry|\.missed|return \"", text) else "rule"

    def find(self):
        for match in re.finditer(r"\b(if|guard|for|while|case)\b", self.mask):
            self.keyword(match.group(1), match.start(), match.end())
        for brace in [i for i, char in enumerate(self.mask) if char == "{"]:
            self.block(brace)
        for bracket in [i for i, char in enumerate(self.mask) if char in "(["]:
            self.bracket(bracket)
        if self.name == "Orders.swift":
            self.orders()

    def keyword(self, word, start, end):
        i = end
        limit = len(self.mask)
        if word == "if":
            while i < limit and self.mask[i] != "{":
                i = self.partner[i] + 1 if self.mask[i] in "([" else i + 1
            self.clauses(end, i)
            close = self.partner[i]
            body = self.trimmed(i + 1, close)
            said = self.mask[body[0] : body[1]]
            is_exit = re.match(r"(return( nil| false| true| \[\])?|continue|break)$", said)
            head = self.trimmed(end, i)
            kind = "condition" if is_exit else self.kind(start, self.text[start : close + 1])
            self.add(kind, head[0], head[1], "never: if", "!isOut(#), ", "")
        elif word == "guard":
            while not re.match(r"\belse\b", self.mask[i:]) or self.mask[i - 1].isalnum():
                i = self.partner[i] + 1 if self.mask[i] in "([{" else i + 1
            self.clauses(end, i)
        elif word == "for":
            while self.mask[i] != "{":
                i = self.partner[i] + 1 if self.mask[i] in "([" else i + 1
            parts = re.search(r"\bwhere\b", self.mask[end:i])
            if parts:
                self.condition(end + parts.end(), i, alone=True)
        elif word == "case" and self.mask[start - 3 : start] != "if " and not self.mask[:start].rstrip().endswith((",", "guard", "for")):
            while i < limit and self.mask[i] not in ":\n{}":
                i = self.partner[i] + 1 if self.mask[i] in "([" else i + 1
            where = re.search(r"\bwhere\b", self.mask[end:i])
            if where and i < limit and self.mask[i] == ":":
                self.condition(end + where.end(), i, alone=True)
            elif where:
                # It is broken before its colon.
                last = self.mask.index(":\n", i)
                self.condition(end + where.end(), last, alone=True)

    def block(self, brace):
        close = self.partner[brace]
        head = self.header(brace)
        start = brace + 1
        is_control = bool(CONTROL.match(head)) or head.endswith("else")
        if re.search(r"\b(struct|extension|enum|class|protocol)\b", head):
            return
        parameters = re.match(r"(?!\s*for\b)\s*(\([^()]*\)|[\w, ]+)?\s*(throws\(\w+\)\s*)?(->\s*[^{}\n]+)?\bin\b", self.mask[start:close])
        if parameters and not is_control:
            start += parameters.end()
        statements = self.statements(start, close)
        is_closure = not is_control and not re.search(r"\b(func|init|var|subscript|get|set)\b", head)
        is_if_alone = len(statements) == 1 and re.match(r"(if|else if|\} else if)\b", head) \
            and not self.mask[close + 1 :].lstrip().startswith("else")
        before = self.mask[:brace].rstrip()
        for a, b in statements:
            self.statement(a, b, brace, is_if_alone, is_closure)
        if is_closure and len(statements) == 1 and re.search(rf"(\.|\b)({PREDICATES})(\(where: |\()?$", before):
            a, b = statements[0]
            if not re.match(r"(let|var|guard|if|switch|return|for)\b", self.mask[a:b]) and "&&" not in self.flat(a, b):
                if before.endswith(("max", "min", "max(by:", "min(by:")) or re.search(r"(map|max|min)", before[-8:]):
                    return
                self.forced_true("condition", a, b)

    def statement(self, start, end, brace, is_if_alone, is_closure):
        said = self.mask[start:end]
        if re.match(r"(if|guard|for|while|switch|do|defer|func|private|static|mutating|struct|extension|case|default|@|internal|public|fileprivate|import|enum|continue|break|throw)\b", said):
            arm = re.match(r"(?:case\b[^{}]*?|default):\s+(?=\S)", said, re.S)
            if arm and said.startswith(("case", "default")):
                first = start + arm.end()
                if self.function(start)[0] == "Bool" and not re.match(r"(return|let|if|guard)\b", self.mask[first:end]):
                    self.condition(first, end, alone=False)
                else:
                    self.statement(first, end, brace, False, is_closure)
            return
        expression = start
        declared = re.match(r"(?:(?:let|var) [^=]+?|return)(?: =)?\s+(?=\S)", said)
        if re.match(r"(let|var)\b", said):
            declared = re.match(r"(?:let|var) [^=]*=\s*", said)
            if not declared:
                return
            expression = start + declared.end()
        elif re.match(r"return\b", said):
            declared = re.match(r"return\s*(switch\b)?", said)
            expression = start + declared.end()
            if declared.group(1):
                return
        elif CALL.match(said) and self.mask[brace] == "{":
            self.removal(start, end, brace, is_if_alone, is_closure)
            return
        if expression >= end:
            return
        self.expression(start, expression, end, brace, is_if_alone)

    def expression(self, start, expression, end, brace, is_if_alone):
        """What is given back or kept: its parts, and all of it."""
        said = self.mask[expression:end]
        flat = self.flat(expression, end)
        result, is_closure = self.function(start)
        is_returned = self.mask[start:end].startswith("return") or expression == start
        if re.match(r"(if|switch|let|guard)\b", said):
            return
        ternary = re.search(r"\s\?\s", flat)
        if "&&" in flat or "||" in flat or (is_returned and result == "Bool" and not ternary):
            stop = end
            if ternary:
                stop = self.split(expression, end, [" ? ", "\n"] if " ? " in flat else ["? "])[0][1]
                stop = self.split(expression, end, ["? "])[0][1]
            whole = self.mask[start:end].startswith("return") and result == "Bool"
            if said not in ("true", "false"):
                self.condition(expression, stop, alone=whole and not ternary)
        elif ternary:
            stop = self.split(expression, end, ["? "])[0][1]
            part = self.mask[expression:stop]
            if re.search(r"[=!<>]=|[<>] |^!|is[A-Z]|contains", part) and "??" not in self.flat(expression, stop):
                self.condition(expression, stop, alone=True)
        if "??" in flat and not ternary:
            self.chain(expression, end, result, is_returned, start)
        name = re.match(r"let (statements|ties|always|reasons)\b", self.mask[start:end])
        if "+" in flat and (name or self.mask[start:end].startswith("return always")):
            for a, b in self.split(expression, end, ["+"]):
                a, b = self.trimmed(a, b)
                self.add("source" if self.name == "Tie.swift" else self.kind(a, ""), a, b, "without", "unless(#, ", ")")
            return
        if self.mask[start:end].startswith("return") and result.endswith("?") and said != "nil" and not is_if_alone:
            self.add(self.kind(start, self.text[start:end]), start, end, "without", "if isOut(#) { return nil }; ")
        elif expression == start and result.endswith("?") and not is_closure and self.is_only(brace) and said != "nil" \
                and re.search(r"[(\"]", said) and not self.mask[self.around(start)] in "([":
            self.add(self.kind(start, self.text[start:end]), expression, end, "not given:", "isOut(#) ? nil : (", ")")

    def is_only(self, brace):
        return len(self.statements(brace + 1, self.partner[brace])) == 1

    def chain(self, start, end, result, is_returned, statement):
        """Each of several that are asked in turn."""
        if re.search(r"\s(==|!=|[<>]=?|&&|\|\|)\s", self.flat(start, end)):
            return
        parts = [self.trimmed(a, b) for a, b in self.split(start, end, ["??"])]
        last = self.mask[parts[-1][0] : parts[-1][1]]
        is_optional = is_returned and result.endswith("?") or self.mask[statement:].startswith("let reason")
        for index, (a, b) in enumerate(parts):
            if index == len(parts) - 1 and (not is_optional or re.match(r"[\"\[\d.]|nil|true|false", last)):
                continue
            said = self.mask[a:b]
            if re.search(r"\s(==|[<>]|\+)\s", said) or said.startswith(("try", "(try", "!")):
                continue
            self.add(self.kind(a, ""), a, b, "without", "(isOut(#) ? nil : (", "))")

    def removal(self, start, end, brace, is_if_alone, is_closure):
        said = self.mask[start:end]
        head = self.header(brace)
        if is_if_alone or is_closure or self.mask[brace] != "{":
            return
        # A value that is the whole of a function is given back.
        result, _ = self.function(start)
        is_deed = re.match(r"(_ = )?(inUse|look|ties|left|names|read|told|silent|helpers|holds|attaches|detaches|deferrals|takings|calls|releases|drivers|waiting|trace|unbound|found|denied|network|defaults|gateways|connected|opened|openDevices|uses|natures|own|above|judgement|begun|scheduled|added|released|finding|text|notes|units|devices|unbinding|statement|verbs|deed|always|self|routes|groups|links|counts|cipher|isRemoved|deferral|at[A-Z]\w*|add[A-Z]\w*|add|note|hear\w*|cannotRead|readMounts|forget|forgetAll|bound|collect|collectHelpers)\b", said)
        if not is_deed:
            return
        if result and self.is_only(brace) and not CONTROL.match(head) and not head.endswith("else"):
            self.expression(start, start, end, brace, False)
            return
        if result == "Bool" and head.startswith("switch") and " = " not in self.flat(start, end):
            self.condition(start, end, alone=False)
            return
        # A constant gets its value but once.
        if re.match(r"calls = ", said):
            return
        if re.search(r"\binit\b", head) and re.match(r"(self\.)?\w+ = ", said):
            return
        kind = "source" if self.name == "Guard.swift" and said.startswith("look.at") else self.kind(start, "")
        self.add(kind, start, end, "without", "if !isOut(#) { ", " }")

    # Lists.

    def bracket(self, bracket):
        close = self.partner[bracket]
        if self.mask[bracket] == "(":
            self.arguments(bracket, close)
            return
        before = self.mask[:bracket].rstrip()
        if not before or before[-1] not in "=(,:+{[&|" and not before.endswith((" in", "return", "?", "->")):
            return
        if before.endswith("->") or re.search(r"(:|as|let \w+:)$", before) and re.match(r"\[[A-Z]", self.mask[bracket:]):
            return
        parts = [self.trimmed(a, b) for a, b in self.split(bracket + 1, close, [","])]
        parts = [(a, b) for a, b in parts if a < b]
        words = [self.mask[a:b] for a, b in parts]
        if not parts or self.mask[close + 1 : close + 2] == "(":
            return
        line = self.mask[self.lines[bisect.bisect_right(self.lines, bracket) - 1] : bracket]
        more = self.mask[max(0, bracket - 300) : bracket]
        declaration = more[more.rfind("let ") :] if "let " in more else line
        kind = self.kind(bracket, "")
        if all(re.match(r"\"_*\": ", word) or re.match(r"\.\w+: ", word) for word in words):
            for index, (a, b) in enumerate(parts):
                colon = self.split(a, b, [": "])[0][1]
                self.sites.append(Site("entry", self.path, bisect.bisect_right(self.lines, a), "without the entry " + " ".join(self.text[a:b].split()), [
                    (a, b, "(#, (", "))"), (colon, colon + 1, ("replace", ","), "")]))
            self.wrap(bracket, close, "keptPairs(")
            return
        is_rules = re.match(r"\]\.compactMap", self.mask[close:]) and all(re.match(r"[a-z]\w*\(", word) for word in words)
        if is_rules:
            for a, b in parts:
                self.add(kind, a, b, "without", "(isOut(#) ? nil : (", "))")
            return
        if all(re.match(r"\"|\.[a-z]|\(\"|State\(", word) for word in words) and not re.search(r"\[(Device|Statement)\b", declaration):
            if re.search(r"[:=] \[\[|: \[String: ", declaration):
                return
            for a, b in parts:
                self.sites.append(Site("entry", self.path, bisect.bisect_right(self.lines, a), "without the entry " + " ".join(self.text[a:b].split()),
                                       [(a, b, "(#, ", ")")]))
            self.wrap(bracket, close, "kept(")

    def wrap(self, bracket, close, call):
        # Belongs to the site before it: a list is wrapped once, whichever of its entries are left out.
        self.sites[-1].wrapped = (bracket, close + 1, call)

    def arguments(self, bracket, close):
        for a, b in self.split(bracket + 1, close, [","]):
            a, b = self.trimmed(a, b)
            label = re.match(r"\w+: ", self.mask[a:b])
            a += label.end() if label else 0
            flat = self.flat(a, b)
            if ("&&" in flat or "||" in flat) and not re.search(r"\s\?\s", flat):
                self.condition(a, b, alone=False)

    def orders(self):
        start = self.mask.index("var isReached: Bool {")
        body = self.mask.index("switch order {", start) + len("switch order ")
        close = self.partner[body]
        cases = list(re.finditer(r"\n    case (\.\w+):\s*", self.mask[body:close]))
        self.sites = [site for site in self.sites if not (body < site.inserts[0][0] < close and site.kind == "order")]
        for index, case in enumerate(cases):
            a = body + case.end()
            b = body + cases[index + 1].start() if index + 1 < len(cases) else close
            a, b = self.trimmed(a, b)
            for words, before, behind in [("always reached:", "(isOut(#) || (", "))"), ("never reached:", "(!isOut(#) && (", "))")]:
                self.add("order", a, b, f"{words} {case.group(1)}", before, behind)
                self.sites[-1].words = f"{words} {case.group(1)}"


def sources(root):
    for folder in (GUARD, JUDGES):
        for name in sorted(os.listdir(os.path.join(root, folder))):
            if name.endswith(".swift") and name not in LEFT_ALONE:
                yield folder + name


def find(root):
    files = [File(root, path) for path in sources(root)]
    number = 0
    for file in files:
        file.sites.sort(key=lambda site: (site.line, site.inserts[0][0]))
        for site in file.sites:
            number += 1
            site.number = number
    return files


def write_changed(path, text):
    """A file that stays as it is keeps its time, so that nothing is built again."""
    if os.path.exists(path):
        with open(path, encoding="utf-8") as old:
            if old.read() == text:
                return
    with open(path, "w", encoding="utf-8") as new:
        new.write(text)


def copy(root, target, left_alone, is_quick):
    """This tree, but for those files; what is the same keeps its time."""
    kept = set(left_alone)
    for part in ("Sources", "Tests"):
        for folder, _, names in os.walk(os.path.join(root, part)):
            folder = os.path.relpath(folder, root)
            os.makedirs(os.path.join(target, folder), exist_ok=True)
            for name in names:
                path = os.path.join(folder, name)
                if path in kept:
                    continue
                kept.add(path)
                old, new = os.path.join(root, path), os.path.join(target, path)
                if not (os.path.exists(new) and filecmp.cmp(old, new, shallow=False)):
                    shutil.copy(old, new)
        for folder, _, names in os.walk(os.path.join(target, part)):
            for name in names:
                if os.path.relpath(os.path.join(folder, name), target) not in kept:
                    os.remove(os.path.join(folder, name))
    # A condition that decides nothing is worth a warning.
    with open(os.path.join(root, "Package.swift"), encoding="utf-8") as file:
        package = file.read().replace(".treatAllWarnings(as: .error),", "")
    write_changed(os.path.join(target, "Package.swift"), package + (OWN_TESTS if is_quick else ""))
    if os.path.exists(os.path.join(root, "Package.resolved")):
        shutil.copy(os.path.join(root, "Package.resolved"), target)
    # Tests read some of the rest as it is.
    for name in os.listdir(root):
        link = os.path.join(target, name)
        if name not in (".build", ".git") and not os.path.lexists(link):
            os.symlink(os.path.realpath(os.path.join(root, name)), link)


def keep(files, path):
    """The sites as they are built: the sources can change while they run."""
    with open(path, "w", encoding="utf-8") as file:
        json.dump([[site.kind, site.path, site.line, site.words, [], site.number] for one in files for site in one.sites], file)


def kept(path):
    with open(path, encoding="utf-8") as file:
        return [Site(*words) for words in json.load(file)]


def write(root, target, left_out, is_quick):
    """A tree that is a copy of this one, with all sites but those."""
    files = find(root)
    keep(files, os.path.join(target, "..", "sites"))
    switches = [GUARD.replace("Guard/", "") + "Mutant.swift", JUDGES + "Mutant.swift"]
    copy(root, target, [file.path for file in files] + switches, is_quick)
    for path in switches:
        write_changed(os.path.join(target, path), SWITCH)
    for file in files:
        changes, order = [], 0
        text = file.text
        for site in file.sites:
            wrapped = getattr(site, "wrapped", None)
            if wrapped:
                a, b, call = wrapped
                changes += [(a, 0, -(b - a), call), (b, 1, b - a, ")")]
            if site.number in left_out:
                if site.kind == "entry":
                    # Still an entry, of a number that none asks for.
                    for a, b, before, behind in site.inserts:
                        if isinstance(before, tuple):
                            changes.append((a, 2, 0, before[1]))
                        else:
                            changes += [(a, 0, -(b - a), before.replace("#", "-1")), (b, 1, b - a, behind)]
                continue
            for a, b, before, behind in site.inserts:
                if isinstance(before, tuple):
                    changes.append((a, 2, 0, before[1]))
                    continue
                # A clause more comes before the others.
                outer = 1 if before.endswith(", ") and not behind else 0
                changes.append((a, 0, -(b - a) - outer, before.replace("#", str(site.number))))
                if behind:
                    changes.append((b, 1, b - a, behind))
        # At one position what ends comes first, the inner before the outer; then what begins, the outer before the inner.
        changes.sort(key=lambda change: (change[0], 0 if change[1] == 1 else 1, change[2]))
        out, last = [], 0
        for position, how, _, words in changes:
            out.append(text[last:position])
            out.append(words)
            last = position + (1 if how == 2 else 0)
        out.append(text[last:])
        path = os.path.join(target, file.path)
        write_changed(path, "".join(out))


def refused(root, target, log, left_out):
    """The sites that the compiler refuses: the smallest ones around what it complains of."""
    new = set()
    by_path = {file.path: file for file in find(root)}
    with open(log, encoding="utf-8", errors="replace") as lines:
        for text in lines:
            match = re.match(r"(/\S+\.swift):(\d+):(\d+): error: (.*)", text)
            if not match:
                continue
            path = os.path.relpath(match.group(1), target)
            file = by_path.get(path)
            if file is None:
                continue
            line = int(match.group(2))
            slow = "reasonable time" in match.group(4)
            here = []
            for site in file.sites:
                if site.number in left_out:
                    continue
                a, b = site.inserts[0][:2]
                first, last = (bisect.bisect_right(file.lines, at) for at in (a, max(a, b - 1)))
                if first <= line <= last or first == line:
                    here.append((b - a, site.number, first))
            if not here:
                continue
            on_line = [number for _, number, first in here if first == line]
            if slow or not on_line:
                new.update(on_line or [min(here)[1]])
            else:
                # By the column in what was written.
                new.update(on_line)
    return new


def read_numbers(path):
    if not os.path.exists(path):
        return set()
    with open(path, encoding="utf-8") as file:
        return {int(line) for line in file if line.strip()}


def read_equivalents(path):
    """By what is taken out: why nobody can see it."""
    found = {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            line = line.rstrip("\n")
            if line and not line.startswith("#"):
                what, _, why = line.partition(" -- ")
                found[what] = why
    return found


class Run:
    """One run of tests with one mutant, which ends with the first failure."""

    FAILED = re.compile(rb"recorded an issue|with \d+ issue|failed after|Fatal error|Crash:")

    def __init__(self, bundle, number, suite, seconds, folder):
        self.suite, self.number, self.output, self.result = suite, number, b"", None
        # What is killed leaves its folders behind. Sockets in them want a short path.
        self.temporary = tempfile.mkdtemp(prefix="mutant-")
        environment = dict(os.environ, TMPDIR=self.temporary, **{VARIABLE: str(number)})
        command = [bundle, "--testing-library", "swift-testing"] + suite
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                                        env=environment, cwd=folder, start_new_session=True)
        self.end = time.monotonic() + seconds

    def read(self):
        """False once it has ended."""
        data = os.read(self.process.stdout.fileno(), 65536)
        self.output = self.output[-4096:] + data
        if not data:
            return False
        if self.FAILED.search(self.output):
            self.result = "failed"
            return False
        return True

    def kill(self):
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        shutil.rmtree(self.temporary, ignore_errors=True)

    def close(self):
        if self.result or self.end <= time.monotonic():
            self.result = self.result or "took too long"
            self.kill()
        status = self.process.wait()
        self.process.stdout.close()
        shutil.rmtree(self.temporary, ignore_errors=True)
        if self.result is None and status:
            self.result = f"ended with {status}"
        return self.result


# Suites that take longer than all others of their target.
SLOW = "(CutOff|RecordedCatalog|UntoldMatrix|GuardWay|GuardBlock)Tests"


def suites(site, is_quick):
    """The tests that fit first, the fast ones before the slow ones; then all."""
    own = "HostSafetyTests.(Guard|Gate|DeviceLists|Signature)" if site.path.startswith(GUARD) else "VerdictsTests"
    fitting = [["--filter", own, "--skip", SLOW], ["--filter", own.split(".")[0] + "." + SLOW]]
    if re.match(GUARD + "(Guard|Look|Tie)", site.path) and site.kind != "condition":
        fitting.reverse()
    return fitting if is_quick else fitting + [["--skip", "VirtualMachineTests"]]


def run_all(bundle, folder, sites, seconds, jobs, is_quick, on_end):
    """Runs each site through its suites; on_end is told of each."""
    waiting = collections.deque((site, 0) for site in sites)
    running = {}
    try:
        with selectors.DefaultSelector() as selector:
            while waiting or running:
                while waiting and len(running) < jobs:
                    site, step = waiting.popleft()
                    run = Run(bundle, site.number, suites(site, is_quick)[step], seconds * (4 if step > 1 else 1), folder)
                    selector.register(run.process.stdout, selectors.EVENT_READ, run)
                    running[run] = (site, step)
                ended = {key.data for key, _ in selector.select(1) if not key.data.read()}
                ended.update(run for run in running if run.end <= time.monotonic())
                for run in ended:
                    selector.unregister(run.process.stdout)
                    site, step = running.pop(run)
                    result = run.close()
                    if result is None and step + 1 < len(suites(site, is_quick)):
                        waiting.appendleft((site, step + 1))
                    else:
                        on_end(site, result)
    finally:
        for run in running:
            run.kill()


def chosen(sites, kinds, paths):
    return [site for site in sites
            if (not kinds or site.kind in kinds) and (not paths or any(path in site.path for path in paths))]


def said(site):
    return f"{site.path}:{site.line}: {site.kind}: {site.words}"


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    command, root, target = sys.argv[1:4]
    left_path = os.path.join(target, "..", "refused")
    if command == "write":
        write(root, target, read_numbers(left_path), "quick=yes" in sys.argv)
    elif command == "refused":
        left = read_numbers(left_path)
        new = refused(root, target, sys.argv[4], left) - left
        with open(left_path, "a", encoding="utf-8") as file:
            file.writelines(f"{number}\n" for number in sorted(new))
        return 0 if new else 1
    elif command in ("list", "run"):
        options = dict(word.split("=", 1) for word in sys.argv[4:])
        kinds, paths = options.get("kinds", "").split(), options.get("paths", "").split()
        is_run = command == "run"
        every = kept(os.path.join(target, "..", "sites")) if is_run else [site for file in find(root) for site in file.sites]
        left = read_numbers(left_path) if is_run else set()
        sites = chosen(every, kinds, paths)
        equivalents = read_equivalents(options["equivalent"])
        known = {site.key for site in every}
        for key in equivalents:
            if key not in known:
                print(f"there is no such mutant any more, take it out of the list of equivalents: {key}")
        if command == "list":
            for site in sites:
                print(said(site) + (" (equivalent)" if site.key in equivalents else ""))
            counts = collections.Counter(site.kind for site in sites)
            print(f"{len(sites)}: " + ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items())))
            return 0
        return report(target, sites, left, equivalents, options)
    return 0


def report(target, sites, left, equivalents, options):
    out = [site for site in sites if site.number in left]
    same = [site for site in sites if site.key in equivalents and site.number not in left]
    asked = [site for site in sites if site.number not in left and site.key not in equivalents]
    for site in out:
        print(f"not tried, as the compiler refuses it: {said(site)}", flush=True)
    total, noticed, unnoticed = collections.Counter(), collections.Counter(), []
    begin = time.monotonic()
    terminal = sys.stderr.isatty()

    def on_end(site, result):
        total[site.kind] += 1
        noticed[site.kind] += result is not None
        if result is None:
            unnoticed.append(site)
            print(f"unnoticed: {said(site)}", flush=True)
        done = sum(total.values())
        if terminal:
            print(f"\r{done} of {len(asked)}, {done - len(unnoticed)} noticed ", end="", file=sys.stderr, flush=True)

    run_all(options["bundle"], target, asked, int(options["seconds"]), int(options["jobs"]), bool(options["quick"]), on_end)
    if terminal:
        print("\r" + " " * 60 + "\r", end="", file=sys.stderr)
    for kind in sorted(total):
        print(f"{kind}: {noticed[kind]} of {total[kind]}")
    if same:
        print(f"equivalent, and not tried: {len(same)}")
    if out:
        print(f"refused by the compiler, and not tried: {len(out)}")
    print(f"{sum(noticed.values())} of {sum(total.values())} noticed, in {int(time.monotonic() - begin)} s")
    return 1 if unnoticed else 0


sys.exit(main())
