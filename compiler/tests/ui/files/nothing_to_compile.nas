//~^ E0237 of the file as a whole: a file of blocks has nothing to compile.

block layer(x) {
    x -> conv(8)
}
