"""The text of a CEL condition, into a tree of tuples (kind, …)."""
import re

from cel_values import INT_MAX, INT_MIN, Literal, UInt

TOKEN = re.compile(r'''
  (?P<space>\s+|//[^\n]*)
 |(?P<float>[0-9]+\.[0-9]+(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+|\.[0-9]+(?:[eE][+-]?[0-9]+)?)
 |(?P<int>0x[0-9a-fA-F]+[uU]?|[0-9]+[uU]?)
 |(?P<string>[rRbB]{0,2}(?:"""(?:[^\\]|\\.)*?"""|\'\'\'(?:[^\\]|\\.)*?\'\'\'|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'))
 |(?P<name>[A-Za-z_][A-Za-z0-9_]*)
 |(?P<op>&&|\|\||==|!=|<=|>=|[-+*/%!<>?:.,()\[\]{}])
''', re.X | re.S)

SIMPLE = {'n': '\n', 't': '\t', 'r': '\r', 'a': '\a', 'b': '\b', 'f': '\f', 'v': '\v', '\\': '\\', '"': '"', "'": "'", '`': '`', '?': '?'}


def unquote(text):
    prefix = re.match(r'[rRbB]*', text)[0].lower()
    body = text[len(prefix):]
    width = 3 if body[:3] in ('"""', "'''") else 1
    body = body[width:-width]

    def one(m):
        e = m[1]
        if e[0] in 'xXuU' and len(e) > 1:
            return chr(int(e[1:], 16))
        if e[0] in '0123':
            return chr(int(e, 8))
        return SIMPLE[e]
    if 'r' not in prefix:
        body = re.sub(r'\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-3][0-7]{2}|.)', one, body, flags=re.S)
    return body.encode('utf-8') if 'b' in prefix else body


def tokens(text):
    out, at = [], 0
    while at < len(text):
        m = TOKEN.match(text, at)
        if not m:
            raise ValueError('bad condition at %d: %s' % (at, text))
        at = m.end()
        if m.lastgroup != 'space':
            out.append((m.lastgroup, m[0]))
    out.append(('end', ''))
    return out


class Parser:
    """Recursive descent; trees are tuples (kind, …)."""

    def __init__(self, text):
        self.text, self.toks, self.at = text, tokens(text), 0

    def peek(self):
        return self.toks[self.at][1] if self.toks[self.at][0] in ('op', 'name') else None

    def take(self, op):
        if self.peek() == op and self.toks[self.at][0] != 'string':
            self.at += 1
            return True
        return False

    def need(self, op):
        if not self.take(op):
            raise ValueError('expected %s in: %s' % (op, self.text))

    def parse(self):
        e = self.expr()
        if self.toks[self.at][0] != 'end':
            raise ValueError('text behind the condition: ' + self.text)
        return e

    def expr(self):
        e = self.level(0)
        if self.take('?'):
            a = self.level(0)
            self.need(':')
            return ('?', e, a, self.expr())
        return e

    LEVELS = [('||',), ('&&',), ('<', '<=', '>', '>=', '==', '!=', 'in'), ('+', '-'), ('*', '/', '%')]

    def level(self, n):
        if n == len(self.LEVELS):
            return self.unary()
        e = self.level(n + 1)
        while self.peek() in self.LEVELS[n]:
            op = self.peek()
            self.at += 1
            e = (op, e, self.level(n + 1))
        return e

    def unary(self):
        if self.take('!'):
            return ('!', self.unary())
        if self.take('-'):
            kind, text = self.toks[self.at]
            if kind == 'int' and text[-1] not in 'uU':
                self.at += 1
                return self.members(('value', self.check_int(-int(text, 0 if text[:2] == '0x' else 10))))
            if kind == 'float':
                self.at += 1
                return self.members(('value', Literal(text, True)))
            return ('neg', self.unary())
        return self.members(self.primary())

    @staticmethod
    def check_int(n):
        if not INT_MIN <= n <= INT_MAX:
            raise ValueError('int literal out of range')
        return n

    def members(self, e):
        while True:
            if self.take('.'):
                name = self.toks[self.at][1]
                self.at += 1
                e = ('method', e, name, self.args(')')) if self.take('(') else ('.', e, name)
            elif self.take('['):
                e = ('[', e, self.expr())
                self.need(']')
            else:
                return e

    def args(self, close):
        out = []
        while not self.take(close):
            out.append(self.expr())
            if not self.take(','):
                self.need(close)
                break
        return out

    def primary(self):
        kind, text = self.toks[self.at]
        self.at += 1
        if kind == 'float':
            return ('value', Literal(text if text[0] != '.' else '0' + text))
        if kind == 'int':
            if text[-1] in 'uU':
                return ('value', UInt(int(text[:-1], 0 if text[:2] == '0x' else 10)))
            return ('value', self.check_int(int(text, 0 if text[:2] == '0x' else 10)))
        if kind == 'string':
            return ('value', unquote(text))
        if kind == 'name':
            if text in ('true', 'false', 'null'):
                return ('value', {'true': True, 'false': False, 'null': None}[text])
            return ('call', text, self.args(')')) if self.take('(') else ('name', text)
        if text == '(':
            e = self.expr()
            self.need(')')
            return e
        if text == '[':
            return ('list', self.args(']'))
        if text == '{':
            return self.entries()
        raise ValueError('unexpected %r in: %s' % (text, self.text))

    def entries(self):
        out = []
        while not self.take('}'):
            k = self.expr()
            self.need(':')
            out.append((k, self.expr()))
            if not self.take(','):
                self.need('}')
                break
        return ('map', out)


def compile_condition(text):
    return Parser(text).parse()
