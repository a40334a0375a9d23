//! Every code, with its page.
//!
//! A page says what the code means and why, shows a space that fails with exactly this code, and the
//! same space mended; a test compiles both. To add a code: use it in a diagnostic, write its page, add
//! its line here, and a fixture.

/// A code that diagnostics carry: `E` for errors, `W` for warnings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code {
    /// The code itself, such as `E0312`.
    pub id: &'static str,
    /// What it means, in a few words.
    pub title: &'static str,
    /// The page, in Markdown.
    pub page: &'static str,
}

macro_rules! codes {
    ($($id:literal $title:literal,)+) => {
        /// Every code, in order: `01` the text, `02` names and values, `03` shapes, `04` decisions,
        /// `05` limits, `06` seeds, `09` warnings.
        pub const CODES: &[Code] = &[$(Code {
            id: $id,
            title: $title,
            page: include_str!(concat!("codes/", $id, ".md")),
        },)+];
    };
}

codes! {
    "E0101" "something stands where it cannot",
    "E0102" "a bracket is never closed",
    "E0103" "a closing bracket closes nothing",
    "E0104" "a string is not closed on its line",
    "E0105" "a character that the language does not use",
    "E0106" "something is nested too deep, or a file is too long",
    "E0107" "a keyword stands where a name is expected",
    "E0108" "a number cannot be read",
    "E0109" "a string holds an escape or a brace that means nothing",
    "E0110" "operators do not go together without parentheses",
    "E0111" "a type does not exist",
    "E0112" "a comma is missing",
    "E0113" "`=` and `:` are mixed up",
    "E0114" "a call or an index begins on a new line",
    "E0115" "an item stands in a body, or a statement outside of any",
    "E0116" "a line ends in the middle of something",
    "E0117" "a part of a decision is written twice",
    "E0201" "a file cannot be read",
    "E0202" "a file imports itself, or a network is derived from itself",
    "E0203" "a name means nothing here",
    "E0204" "a constant is defined by itself",
    "E0205" "a constant holds a decision or a tensor",
    "E0206" "something is nested too deep",
    "E0207" "the space is too large",
    "E0208" "the values of a space have become too many",
    "E0209" "a name is defined twice",
    "E0210" "there is no such parameter",
    "E0211" "an argument is missing",
    "E0212" "there is an argument too many",
    "E0213" "a value has the wrong type",
    "E0214" "a label cannot be used",
    "E0215" "a whole network is used as a block",
    "E0216" "a range or a list is out of bounds",
    "E0217" "a value must be the same in every network",
    "E0218" "a value cannot be computed",
    "E0219" "something cannot be piped, or cannot follow `->`",
    "E0220" "`shared` is not given a block",
    "E0221" "an annotation means nothing here",
    "E0222" "a tensor has no such dimension",
    "E0223" "alternatives have values of different kinds",
    "E0224" "something has no value",
    "E0225" "no arm of a `match` fits",
    "E0226" "a pattern does not fit its value",
    "E0227" "`defaults` names something that does not exist",
    "E0230" "a block has an input or output statement",
    "E0231" "the shape of an input is wrong",
    "E0232" "an output is no tensor",
    "E0233" "two outputs have one name",
    "E0234" "a requirement does not hold",
    "E0235" "a parameter of a space has no default",
    "E0236" "a space has no output",
    "E0237" "it is not clear what to compile",
    "E0238" "the value of a setting cannot be read",
    "E0239" "two tensors of a network have one name for interchange",
    "E0303" "an operation needs spatial axes",
    "E0304" "a list does not have one value per spatial axis",
    "E0305" "a switch depends on a decision",
    "E0306" "an argument is out of range",
    "E0307" "a window does not fit into its tensor",
    "E0308" "an argument cannot be computed in some networks",
    "E0309" "the applications of a shared instance do not fit each other",
    "E0310" "a convolution makes channels out of nothing",
    "E0311" "channels cannot be divided into groups",
    "E0312" "the alternatives of a decision do not agree on their shape",
    "E0313" "channels that vary cannot be divided into groups",
    "E0314" "`linear` is given a tensor with space",
    "E0315" "the statistics of a normalisation are not known",
    "E0316" "there is no such activation",
    "E0317" "`concat` is given nothing",
    "E0318" "`concat` joins tensors of different sizes",
    "E0319" "the sides of `+` or `*` do not have the same shape",
    "E0320" "channels are laid out differently",
    "E0321" "channels that vary would be permuted",
    "E0322" "channels cannot be divided equally",
    "E0323" "a tensor of varying size is flattened",
    "E0324" "a probability is out of range",
    "E0325" "the shape of an output depends on a decision",
    "E0326" "it is not clear what a tensor is resized to",
    "E0327" "a bypass keeps more channels than there are",
    "E0401" "two decisions have one path",
    "E0402" "a network has a decision",
    "E0403" "the options of a decision are missing, repeated or too many",
    "E0404" "the values of a decision are not plain",
    "E0405" "a decision has no option left in some networks",
    "E0406" "a default or prior does not fit the options",
    "E0407" "no network is left",
    "E0408" "a derived network sets a decision that the space does not have",
    "E0409" "a derived network sets a decision wrongly",
    "E0410" "a derived network leaves a decision open",
    "E0411" "the space forbids a derived network",
    "E0412" "a space is no longer the one that was searched",
    "E0413" "a `keep` keeps none, or more than there are",
    "E0501" "a limit counts something unknown",
    "E0502" "the bound of a limit is wrong",
    "E0601" "a remap stands in the wrong place, or is not the only one",
    "E0602" "the seed of a remap is no network",
    "E0603" "a remap has no such policy",
    "E0604" "a remap speaks of a part that is not there",
    "E0605" "a remap says something twice",
    "W0901" "a `let` hides a name",
    "W0902" "a derived network sets a decision that it does not have",
    "W0903" "no network takes an option",
    "W0904" "two alternatives are the same",
    "W0905" "no network uses a decision",
    "W0906" "a name is never used",
    "W0907" "a limit leaves no network with an option",
    "W0908" "no network meets a limit",
    "W0909" "a bypass is not the identity where nothing is computed",
    "W0910" "a table of latencies is not there",
}

/// The code of that name, in whatever case it is written.
pub fn find(id: &str) -> Option<&'static Code> {
    CODES.iter().find(|code| code.id.eq_ignore_ascii_case(id))
}
