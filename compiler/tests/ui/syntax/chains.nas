// Operators that do not go together without parentheses.

space s(width: int = 16) {
    input image: [3, 32, 32]
    require 8 <= width <= 64, "out of range" //~ E0110
    output y = image -> conv(width)
}
