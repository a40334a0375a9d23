// The space of a derived network is not there.

derive a from "nowhere.nas"#s { //~ E0201
}
