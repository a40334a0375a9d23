// Two blocks that call each other twice: the bound is met once, not two to the power of it.

block g(x) { x -> h -> h }
block h(x) { x -> g -> g } //~ E0206

space s() {
    input image: [3, 32, 32]
    output y = image -> g
}
