//! How operators bind.

use nasc_grammar::{parse, sexpr};

/// The tree of an expression.
fn tree(text: &str) -> String {
    let parsed = parse(&format!("const A = {text}"));
    assert_eq!(parsed.errors, [], "{text}");
    let tree = sexpr(&parsed.file);
    let inner = tree.trim_end().strip_prefix("(const A ").and_then(|t| t.strip_suffix(')'));
    inner.unwrap_or_default().to_owned()
}

#[test]
fn the_tighter_operator_takes_the_operand() {
    let table = [
        // Suffixes.
        ("f(a)[1].b as c @d", "(@ (as (. (index (call f a) 1) b) \"c\") (@d))"),
        ("a ** b.c", "(** a (. b c))"),
        ("-a.b", "(- (. a b))"),
        ("a + b as c", "(+ a (as b \"c\"))"),
        // Powers.
        ("a ** b ** c", "(** a (** b c))"),
        ("-a ** b", "(- (** a b))"),
        ("a ** -b ** c", "(** a (- (** b c)))"),
        ("a ** -b * c", "(* (** a (- b)) c)"),
        // Sign, product, sum.
        ("-a * b", "(* (- a) b)"),
        ("a * -b", "(* a (- b))"),
        ("a - -b", "(- a (- b))"),
        ("a * b / c", "(/ (* a b) c)"),
        ("a + b * c - d", "(- (+ a (* b c)) d)"),
        // Ranges.
        ("a + 1..b * 2 step c - d", "(.. (+ a 1) (* b 2) (- c d))"),
        ("a..=b == c..d", "(== (..= a b) (.. c d))"),
        // Comparisons and logic.
        ("not a == b", "(not (== a b))"),
        ("not not a", "(not (not a))"),
        ("not a and b", "(and (not a) b)"),
        ("a or b and c or d", "(or (or a (and b c)) d)"),
        ("a < b and c >= d", "(and (< a b) (>= c d))"),
        // Pipes and what reaches to the right.
        ("a -> b -> c", "(-> a b c)"),
        ("a -> (b -> c)", "(-> a (-> b c))"),
        ("a + b -> c or d", "(-> (+ a b) (or c d))"),
        ("|x| x + 1 -> f", "(fn (x) (-> (+ x 1) f))"),
        ("a -> |x| x -> f", "(-> a (fn (x) (-> x f)))"),
        ("shared a -> b", "(shared (-> a b))"),
        ("a + if c { x } else { y } * 2", "(+ a (* (if c (do x) (do y)) 2))"),
        ("choose k in 1..n + 2 step 2 @own", "(choose k (@own) (values (.. 1 (+ n 2) 2)))"),
        ("(choose k in {1, 2}) + 1", "(+ (choose k (set 1 2)) 1)"),
        // Words that are keywords elsewhere.
        ("keep - limit * step", "(- keep (* limit step))"),
        ("x.for.in", "(. (. x for) in)"),
        ("f(if: 1, choose: 2)", "(call f (: if 1) (: choose 2))"),
        ("choose choose in {in_, input}", "(choose choose (set in_ input))"),
        ("0..keep step step", "(.. 0 keep step)"),
        // Slices and indices.
        ("x[1]", "(index x 1)"),
        ("x[a..b]", "(slice x a b)"),
        ("x[..b + 1]", "(slice x _ (+ b 1))"),
        ("x[a..]", "(slice x a _)"),
        ("x[..]", "(slice x _ _)"),
        ("x[a..=b]", "(index x (..= a b))"),
    ];
    for (text, expected) in table {
        assert_eq!(tree(text), expected, "{text}");
    }
}

#[test]
fn a_line_goes_on_where_the_next_begins_with_an_operator() {
    let body = |text: &str| {
        let parsed = parse(&format!("block a(x) {{\n{text}\n}}"));
        assert_eq!(parsed.errors, [], "{text}");
        sexpr(&parsed.file).trim_end().to_owned()
    };
    let table = [
        ("x\n-> f\n\n-> g", "(block a (x) (-> x f g))"),
        ("x\n// between\n-> f", "(block a (x) (-> x f))"),
        ("x\n.b", "(block a (x) (. x b))"),
        ("x\n+ b\n* c", "(block a (x) (+ x (* b c)))"),
        ("x\nand b\nor c", "(block a (x) (or (and x b) c))"),
        ("x\n- b", "(block a (x) x (- b))"),
        ("x\n(b)", "(block a (x) x b)"),
        ("x\n[b]", "(block a (x) x (list b))"),
        ("x; y, z", "(block a (x) x y z)"),
        ("if x { y }\nelse { z }", "(block a (x) (if x (do y) (do z)))"),
        ("f(\na,\nb\n- c\n,\n)", "(block a (x) (call f a (- b c)))"),
        ("f([\n|y| {\ny\n- y\n}\n])", "(block a (x) (call f (list (fn (y) (do y (- y))))))"),
    ];
    for (text, expected) in table {
        assert_eq!(body(text), expected, "{text}");
    }
}
