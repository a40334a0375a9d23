//! The pickle machine: a stack, a memo, and the operations that state dicts are written with.
//!
//! Its time and memory grow with the length of the pickle and no faster: an operation makes at most one value, a value
//! named again is not copied, and lengths are compared with what is left of the input before anything is made.

mod construct;

use rustc_hash::FxHashMap;

use super::error::PthError;
use super::global::Global;
use super::limits::Limits;
use super::value::{Value, ValueId, Values};

/// The youngest form of pickles.
const PROTOCOL: u8 = 5;

/// A pickle's values, and where in the input it ends.
pub(super) fn read<'a>(
    input: &'a [u8],
    at: usize,
    limits: &Limits,
) -> Result<(Values<'a>, usize), PthError> {
    let mut machine = Machine {
        input,
        at,
        begun: at,
        table: Vec::new(),
        stack: Vec::new(),
        marks: Vec::new(),
        memo: FxHashMap::default(),
        spent: 0,
        most: limits.values,
    };
    // Values without content are there once.
    for plain in [Value::None, Value::Bool(true), Value::Bool(false), Value::Number, Value::Bytes] {
        machine.table.push(plain);
    }
    let root = machine.run()?;
    Ok((Values { table: machine.table, root }, machine.at))
}

const NONE: ValueId = ValueId(0);
const TRUE: ValueId = ValueId(1);
const FALSE: ValueId = ValueId(2);
const NUMBER: ValueId = ValueId(3);
const BYTES: ValueId = ValueId(4);

struct Machine<'a> {
    input: &'a [u8],
    at: usize,
    /// Where the operation in progress stands.
    begun: usize,
    table: Vec<Value<'a>>,
    stack: Vec<ValueId>,
    /// Heights of the stack.
    marks: Vec<usize>,
    memo: FxHashMap<u32, ValueId>,
    /// Values that were made, with what was copied into them.
    spent: usize,
    most: usize,
}

impl<'a> Machine<'a> {
    fn corrupt(&self, why: impl Into<String>) -> PthError {
        PthError::Pickle { at: self.begun, why: why.into() }
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], PthError> {
        let end = self.at.checked_add(length);
        let taken = end.and_then(|end| self.input.get(self.at..end));
        let taken = taken.ok_or_else(|| self.corrupt("it ends too early"))?;
        self.at += length;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], PthError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    fn byte(&mut self) -> Result<u8, PthError> {
        Ok(self.array::<1>()?[0])
    }

    fn long(&mut self) -> Result<u32, PthError> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    fn text(&mut self, length: usize) -> Result<&'a str, PthError> {
        let bytes = self.take(length)?;
        std::str::from_utf8(bytes).map_err(|_| self.corrupt("it has text that is not UTF-8"))
    }

    fn line(&mut self) -> Result<&'a str, PthError> {
        let rest = &self.input[self.at..];
        let length = rest.iter().position(|byte| *byte == b'\n');
        let line = self.text(length.ok_or_else(|| self.corrupt("a name has no end"))?)?;
        self.at += 1;
        Ok(line)
    }

    /// Whatever an operation makes is paid for, so that a few that name one large value again and again cannot
    /// take more than the input is long.
    fn spend(&mut self, values: usize) -> Result<(), PthError> {
        self.spent = self.spent.saturating_add(values);
        if self.spent > self.most {
            let what = "the values of its pickle";
            return Err(PthError::Limit { what, limit: self.most });
        }
        Ok(())
    }

    fn make(&mut self, value: Value<'a>) -> Result<ValueId, PthError> {
        self.spend(1)?;
        self.table.push(value);
        Ok(ValueId((self.table.len() - 1) as u32))
    }

    fn push(&mut self, value: Value<'a>) -> Result<(), PthError> {
        let id = self.make(value)?;
        self.stack.push(id);
        Ok(())
    }

    /// Takes the topmost value; what stands below a mark is out of reach.
    fn pop(&mut self) -> Result<ValueId, PthError> {
        let floor = self.marks.last().copied().unwrap_or(0);
        let top = if self.stack.len() > floor { self.stack.pop() } else { None };
        top.ok_or_else(|| self.corrupt("it takes a value from an empty stack"))
    }

    fn top(&self) -> Result<ValueId, PthError> {
        let top = self.stack.last().copied();
        top.ok_or_else(|| self.corrupt("it looks at an empty stack"))
    }

    fn pop_to_mark(&mut self) -> Result<Vec<ValueId>, PthError> {
        let mark = self.marks.pop().ok_or_else(|| self.corrupt("it misses a mark"))?;
        Ok(self.stack.split_off(mark))
    }

    fn pop_many<const N: usize>(&mut self) -> Result<[ValueId; N], PthError> {
        let mut values = [NONE; N];
        for value in values.iter_mut().rev() {
            *value = self.pop()?;
        }
        Ok(values)
    }

    fn value(&self, id: ValueId) -> &Value<'a> {
        &self.table[id.0 as usize]
    }

    fn memorise(&mut self, index: u32) -> Result<(), PthError> {
        if self.memo.len() >= self.most {
            return Err(PthError::Limit { what: "the memo of its pickle", limit: self.most });
        }
        self.memo.insert(index, self.top()?);
        Ok(())
    }

    fn recall(&mut self, index: u32) -> Result<(), PthError> {
        let known = self.memo.get(&index).copied();
        let known = known.ok_or_else(|| self.corrupt(format!("it has no memo {index}")))?;
        self.stack.push(known);
        Ok(())
    }

    fn global(&mut self, module: &str, name: &str) -> Result<(), PthError> {
        match Global::named(module, name) {
            Some(global) => self.push(Value::Global(global)),
            None => Err(PthError::Global(format!("{module}.{name}"))),
        }
    }

    fn integer(&mut self, length: usize) -> Result<(), PthError> {
        let bytes = self.take(length)?;
        if bytes.len() > 8 {
            self.stack.push(NUMBER);
            return Ok(());
        }
        let negative = bytes.last().is_some_and(|byte| byte & 0x80 != 0);
        let mut wide = [if negative { 0xff } else { 0 }; 8];
        wide[..bytes.len()].copy_from_slice(bytes);
        self.push(Value::Int(i64::from_le_bytes(wide)))
    }

    /// Text of Python 2, or bytes.
    fn old_text(&mut self, length: usize) -> Result<(), PthError> {
        match std::str::from_utf8(self.take(length)?) {
            Ok(text) => self.push(Value::Str(text)),
            Err(_) => {
                self.stack.push(BYTES);
                Ok(())
            }
        }
    }

    fn extend_list(&mut self, more: Vec<ValueId>) -> Result<(), PthError> {
        let list = self.top()?;
        match &mut self.table[list.0 as usize] {
            Value::List(items) => {
                items.extend(more);
                Ok(())
            }
            _ => Err(self.corrupt("it appends to what is no list")),
        }
    }

    fn extend_dict(&mut self, more: Vec<ValueId>) -> Result<(), PthError> {
        let dict = self.top()?;
        let odd = !more.len().is_multiple_of(2);
        match &mut self.table[dict.0 as usize] {
            Value::Dict(items) if !odd => {
                items.extend(more.chunks_exact(2).map(|pair| (pair[0], pair[1])));
                Ok(())
            }
            Value::Dict(_) => Err(self.corrupt("a dict has a key without a value")),
            _ => Err(self.corrupt("it sets items of what is no dict")),
        }
    }

    fn run(&mut self) -> Result<ValueId, PthError> {
        loop {
            self.begun = self.at;
            match self.byte()? {
                // Announcements.
                0x80 => {
                    let protocol = self.byte()?;
                    if protocol > PROTOCOL {
                        return Err(self.corrupt(format!("its protocol is {protocol}")));
                    }
                }
                0x95 => {
                    self.take(8)?;
                }
                // Plain values.
                b'N' => self.stack.push(NONE),
                0x88 => self.stack.push(TRUE),
                0x89 => self.stack.push(FALSE),
                b'K' => {
                    let value = i64::from(self.byte()?);
                    self.push(Value::Int(value))?;
                }
                b'M' => {
                    let value = i64::from(u16::from_le_bytes(self.array()?));
                    self.push(Value::Int(value))?;
                }
                b'J' => {
                    let value = i64::from(i32::from_le_bytes(self.array()?));
                    self.push(Value::Int(value))?;
                }
                0x8a => {
                    let length = usize::from(self.byte()?);
                    self.integer(length)?;
                }
                b'G' => {
                    self.take(8)?;
                    self.stack.push(NUMBER);
                }
                b'X' => {
                    let length = self.long()? as usize;
                    let text = self.text(length)?;
                    self.push(Value::Str(text))?;
                }
                0x8c => {
                    let length = usize::from(self.byte()?);
                    let text = self.text(length)?;
                    self.push(Value::Str(text))?;
                }
                b'U' => {
                    let length = usize::from(self.byte()?);
                    self.old_text(length)?;
                }
                b'T' => {
                    let length = self.long()? as usize;
                    self.old_text(length)?;
                }
                b'C' => {
                    let length = usize::from(self.byte()?);
                    self.take(length)?;
                    self.stack.push(BYTES);
                }
                b'B' => {
                    let length = self.long()? as usize;
                    self.take(length)?;
                    self.stack.push(BYTES);
                }
                // Collections.
                b'}' => self.push(Value::Dict(Vec::new()))?,
                b']' => self.push(Value::List(Vec::new()))?,
                b')' => self.push(Value::Tuple(Vec::new()))?,
                b'(' => self.marks.push(self.stack.len()),
                b't' => {
                    let items = self.pop_to_mark()?;
                    self.push(Value::Tuple(items))?;
                }
                0x85 => {
                    let items = self.pop_many::<1>()?.to_vec();
                    self.push(Value::Tuple(items))?;
                }
                0x86 => {
                    let items = self.pop_many::<2>()?.to_vec();
                    self.push(Value::Tuple(items))?;
                }
                0x87 => {
                    let items = self.pop_many::<3>()?.to_vec();
                    self.push(Value::Tuple(items))?;
                }
                b'a' => {
                    let item = self.pop()?;
                    self.extend_list(vec![item])?;
                }
                b'e' => {
                    let items = self.pop_to_mark()?;
                    self.extend_list(items)?;
                }
                b's' => {
                    let items = self.pop_many::<2>()?.to_vec();
                    self.extend_dict(items)?;
                }
                b'u' => {
                    let items = self.pop_to_mark()?;
                    self.extend_dict(items)?;
                }
                b'0' => {
                    self.pop()?;
                }
                // The memo.
                b'q' => {
                    let index = u32::from(self.byte()?);
                    self.memorise(index)?;
                }
                b'r' => {
                    let index = self.long()?;
                    self.memorise(index)?;
                }
                0x94 => self.memorise(self.memo.len() as u32)?,
                b'h' => {
                    let index = u32::from(self.byte()?);
                    self.recall(index)?;
                }
                b'j' => {
                    let index = self.long()?;
                    self.recall(index)?;
                }
                // Names, and what is made with them.
                b'c' => {
                    let (module, name) = (self.line()?, self.line()?);
                    self.global(module, name)?;
                }
                0x93 => {
                    let [module, name] = self.pop_many()?;
                    let (Value::Str(module), Value::Str(name)) =
                        (self.value(module), self.value(name))
                    else {
                        return Err(self.corrupt("a name is no text"));
                    };
                    let (module, name) = (*module, *name);
                    self.global(module, name)?;
                }
                b'Q' => {
                    let id = self.pop()?;
                    let storage = self.storage(id)?;
                    self.push(Value::Storage(storage))?;
                }
                b'R' => {
                    let [function, arguments] = self.pop_many()?;
                    let made = self.call(function, arguments)?;
                    self.stack.push(made);
                }
                b'b' => {
                    // What a dict has besides its items, such as versions of modules.
                    self.pop()?;
                    if !matches!(self.value(self.top()?), Value::Dict(_)) {
                        return Err(self.corrupt("it sets the state of what is no dict"));
                    }
                }
                b'.' => return self.pop(),
                opcode => return Err(PthError::Opcode { at: self.begun, opcode }),
            }
        }
    }
}
