// A network that is derived from itself.

derive a from "of_itself.nas"#a { //~ E0202
}
