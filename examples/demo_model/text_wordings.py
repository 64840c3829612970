"""How people ask about numbers, words, and what a thing is like; see ask.Wordings for what the brackets mean."""

from demo_model.ask import Wordings

SUM = Wordings(
    (
        "What is {a} {sign} {b}?", "What is {a} {word} {b}?", "{a} {sign} {b} =", "{a}{sign}{b}=",
        "Compute {a} {sign} {b}.", "Calculate {a} {word} {b}.", "How much is {a} {word} {b}?", "{a} {sign} {b}",
        "Work out {a} {sign} {b}.",
        "(What is|What's|How much is|Compute|Calculate|Work out|Find|Solve|Evaluate|Give|Give me|Say|Determine) {a}"
        " {word} {b}(.|?|)",
        "(What is|What's|Compute|Calculate|Work out|Find|Solve|Evaluate|Give|Give me|Say|Determine|Result of) {a}"
        " {sign} {b}(.|?|)",
        "{a} {sign} {b}( = ?|=?| is| equals|?| makes)", "{a} {word} {b}( is| equals| makes|?|)",
        "(What|How much) (does|do) {a} {word} {b} (make|give|equal)?",
        "(The result of|The value of) {a} {sign} {b}(?|:|)", "{a}{sign}{b}(|?|)",
        "(What is|What's|What does|How much is|How much makes|Compute|Calculate|Work out|Find|Solve|Evaluate|Give"
        "|Give me|Say|Determine|Figure out|Add up|Count|Name|State|Report|Answer|Write|Return|Print|Show|Reckon|Get)"
        " (the result of|the value of|the answer to|the outcome of|the solution of|what is|) {a} ({sign}|{word})"
        " {b}(.|?||!| equal?| now.)",
        "[can] (compute|calculate|work out|solve|tell me|say|find|add up|evaluate|give me|figure out) {a} ({sign}"
        "|{word}) {b}(?|.)",
        "{a} ({sign}|{word}) {b}(, please.|: result?|: how much?|: what is it?| makes what?| is what?| is how much?|"
        " equals what?| gives|, what is that?| makes how much?|...|!|: the answer|)",
        "(If|When) (I|you|we) (take|have|compute|calculate|type|see) {a} ({sign}|{word}) {b}, (what|how much) (is it"
        "|do I get|is the result|comes out|do you get|does it make)?",
        "(Result|Answer|Sum|Solution|Exercise|Problem|Task|Calculation|Arithmetic|Calculator|Homework|Numbers)(:| -)"
        " {a} ({sign}|{word}) {b}(|.|?| =| = ?)",
        "(Solve|Compute|Calculate|Work out|Evaluate|Answer|Do)(:| this:| for me:| the sum:| the exercise:| the"
        " problem:| the calculation:| please:) {a} ({sign}|{word}) {b}(.|?||)",
        "I (want|need|would like) (to know |)(the result of |the value of |the answer to |) {a} ({sign}|{word})"
        " {b}(.|!|)",
        "(What|How much) (do|does|would|will) {a} ({sign}|{word}) {b} (make|give|equal|be|come to|yield|amount to"
        "|result in)?",
        "(What|Which) number (is|equals|do you get from|comes out of|results from) {a} ({sign}|{word}) {b}?",
        "{a} ({sign}|{word}) {b} (is|makes|equals|gives) (which|what) number?",
        "(Complete|Finish|Fill in|Continue)(:| this:) {a} ({sign}|{word}) {b} (=|is|equals|makes)(| ...| ?| ___)",
    ),
    (
        "Tell me {a} {word} {b}.", "How much is {a} {sign} {b}?", "Do the math: {a} {sign} {b}",
    ),
)  # fmt: skip  # fmt: skip
COUNT = Wordings(
    (
        "Count from {} to {}.", "Count from {} to {}", "Please count from {} to {}.",
        "List the numbers from {} to {}.",
        "(Count|Count up|Count upwards|Please count|Can you count|Now count|List the numbers|Write the numbers|Say"
        " the numbers|Give the numbers|List all numbers|Name the numbers|Write all numbers) from {} (to|up to|until)"
        " {}(.|?|)",
        "(Numbers|The numbers) from {} to {}(:|.|)", "(Start at|Begin with) {} and count (to|up to) {}.",
        "Go from {} to {}.",
        "(Count|Please count|Now count|Count for me|Count aloud|Count slowly|Count on|Count out|Go|Recite the"
        " numbers|List the numbers|Write the numbers|Say the numbers|Give the numbers|Give all numbers|List all"
        " numbers|Name the numbers|Write all numbers|Print the numbers|Output the numbers|Type the numbers|Show the"
        " numbers|Write down the numbers|Say all numbers|Enumerate|Number) (from|starting from|starting at|beginning"
        " at|beginning with|starting with) {} (to|up to|until|till|through|and end at|and stop at|ending with|ending"
        " at) {}(.|?||!)",
        "[can] (count|list the numbers|say the numbers|write the numbers|name all numbers) from {} (to|up to|until"
        "|till|through) {}(?|.)",
        "(Numbers|The numbers|All numbers|Count|Counting|Range|Sequence|The sequence|The range|Every number|Whole"
        " numbers)(| from|: from|:) {} (to|up to|until|till|through|-) {}(:|.||?|, please.)",
        "(Start at|Begin with|Begin at|Start with|Starting at|Starting from|From) {}(,| and|, then) (count|go on|go"
        "|continue|proceed|go up) (to|up to|until|till) {}(.|)",
        "(What|Which) numbers (are there|come|lie|do I say when I count|go|run) from {} (to|up to|until) {}?",
        "I (want|need|would like) (all |)the numbers from {} (to|up to|until|through) {}(.|)",
        "From {} (to|up to|until|till|through) {}(, count|, please|: count|, all numbers|: the numbers|, one by one"
        "|, counting)(.||!)",
        "How do (you|I|we) count from {} (to|up to) {}?",
    ),
    (
        "Count up from {} to {}.", "What numbers lead from {} up to {}?",
    ),
)  # fmt: skip  # fmt: skip
HOW_MANY = Wordings(
    (
        "How many words are in: {}", "Count the words: {}", "How many words are these: {}",
        "How many words (are in|are here|are these|are there|do you count|does this have|are in this|are in this"
        " line|are in the following|do you see): {}",
        "(Count|Count up)( the words| these words| the words in| the following words| how many words these are| all"
        " words| all the words|): {}",
        "(What is|Tell me|State|Say|Write|Report|Return) the (number|count) of words( in|): {}",
        "(Number|Count) of words( in|): {}", "How many words: {}",
        "(Word count|The number of words) (of|in)( this|): {}",
        "How many words (are in|are here|are these|are there|do you count|does this have|does this [line] have|are"
        " in this|are in this [line]|are in the following|do you see|stand here|does it take|has this|has this"
        " [line]|follow|come next|did I write|did I type|make up this|make up this [line]|are contained in this|can"
        " you count|belong to this|do I say here|are written here|does the [line] hold|is this)(:|?| -|:\n) {}",
        "(Count|Count up|Tally|Number|Add up|Total)( the words| these words| the words in this| the words of this|"
        " the words in the following| how many words these are| how many words follow| all words| all the words| my"
        " words| the words in the [line]| every word|)( please| for me|)(:| -|:\n) {}",
        "[tell] (how many words (there are|you see|you count|this has|are in this|follow|I wrote|these are|are in"
        " this [line])|the number of words(| in this| in the [line]| here)|the amount of words|the count of words(|"
        " in this))(:| -) {}",
        "[can] (count|count up|tally) (the words|these words|all words|the words in this|my words)(:|?| -) {}",
        "(What|Which) (number|amount|count|quantity) of words (is this|do you see|is in this|do you count|has"
        " this)(:|?) {}",
        "(Number of words|Count|Amount of words|Total words|Total|Word counter|Counting words|Count of words|How"
        " many)( in this| here| in the [line]|)(:|?| -|:\n) {}",
        "{}(. How many words?| - how many words?|. Count the words.|: how many words are these?| - number of words?"
        "|. How many words are there?|. How many words was that?)",
        "(How long is|What is the length of) (this|this [line]|the [line]|the following|the following [line]|what"
        " follows|my [line]) (in words|counted in words|as a number of words|if you count words)(:|?| -|:\n) {}",
        "(Length|Its length|The length|Length of the [line]|Size)(,| -|) (in words|counted in words)(:|?| -|:\n) {}",
        "[tell] (the length of (this|this [line]|the [line]|what follows) (in words|counted in words)|how long (this"
        " [line]|the [line]|what follows|the following) is, (in words|counted in words))(:| -) {}",
        "(Do not repeat|Don't repeat it|Not the words|Do not copy)(, |: |. )(count the words|just count|just count"
        " the words|only their number|how many words)(:| -|?) {}",
    ),
    (
        "Give the number of words: {}", "Say how long this is in words: {}",
    ),
)  # fmt: skip  # fmt: skip
PLACE = Wordings(
    (
        "What is the {} word of: {}", "Give the {} word of: {}", "(What|Which) is the {} word( of| in|): {}",
        "(Give|Give me|Write|Name|Say|Return|Find|Show|Output|Pick|Print|Repeat|State|Take)( only| just|) the {}"
        " word( of| in| from|): {}",
        "(Which word is the|Which word comes|The) {}(| word| one)( of| in|): {}",
        "The {} word (of|in)( these words| this| this line| the following|)( is|): {}",
        "(What|Which|And what|So which) (is|comes as|stands as|appears as) the {} (word|one)( of this| of these| in"
        " this| of the [line]| in the [line]| in this [line]| of the following| of these words| among these| here"
        "|)(:|?| -|:\n) {}",
        "[tell] (only |just |)the {} (word|one)( of this| of these words| in this| of the [line]| in the [line]| of"
        " the following| of what follows| from this| here|)(:| -|:\n) {}",
        "[can] (say|give|name|write|tell me|find|pick|repeat|return) the {} word( of this| of these words| in this|"
        " of the [line]| of the following|)(:|?| -) {}",
        "(Give|Give me|Write|Name|Say|Return|Find|Show|Output|Pick|Print|Repeat|State|Take|Choose|Select|Pick out"
        "|Extract|Copy|Quote|Report|Get|Fetch|Read|Identify|Type|Echo|Answer with|Reply with|Mention)( only| just|"
        " me| simply| no more than|) the {} (word|one|of these|of the words|of these words)( of this| in this| of"
        " the [line]| of the following| from this|)(:| -|:\n) {}",
        "(Which word|Which of these words|Which of them|Which one|What word|What) (is|comes|stands|appears|is placed"
        "|is written|do I say) {}( here| in this| in the [line]|)(:|?| -) {}",
        "(The|Only the|Just the|Its|Their) {}( word| one| of these| of these words| word here|)(:|?|, please:| -"
        "|:\n) {}",
        "{} word(:|?|, please:| -| of this:| here:| of the [line]:|:\n| only:) {}",
        "The word that (comes|is|stands|appears|is said|I write) {}( here| in this|)(:|?| is:) {}",
        "(Not all of it|Not everything|Not the whole [line]|Only one word)(, |: |. )(just |only |)the {}( one| word"
        "|)(:| -) {}",
        "(Forget|Skip|Leave out|Drop|Omit|Do not repeat) the (rest|others|other words)(, |: |. | and )(give|say"
        "|write|name|take|repeat) the {}( one| word|)(:| -) {}",
        "(Of|Among|From|Out of) (these|these words|the following|this [line]|the following words)(, |: )(give|say"
        "|what is|which is|name|write|take) the {}( one| word|)(:|?| -) {}",
        "(Look at|Read|Take|Here is|Consider) (the [line]|this [line]|this|these words)(. |: | and )(what is|which"
        " is|give|say|name) the {}( one| word|)(:|?) {}",
    ),
    (
        "Tell me the {} word of: {}", "Keep nothing but the {} word: {}",
    ),
)  # fmt: skip  # fmt: skip
ATTRIBUTES: tuple[tuple[Wordings, str], ...] = (  # with what is asked for; a thing's own color makes "yes"
    (
        Wordings(
            (
                "What color is a {c} {s}?",
                "(What|Which) [color] (is|has|does one see on|would you give|belongs to|do you expect of) (a|the|any"
                "|this|my) {c} {s}(?|)",
                "[tell] the [color] of (a|the|any|this|my) {c} {s}(.|)",
                "(What is|What's|Guess) the [color] of (a|the|any|this|my) {c} {s}(.|?|)",
                "[can] (say|tell me|give|name) the [color] of a {c} {s}(?|.)",
                "A {c} {s} (has|is of|is in|comes in|shows) (what|which) [color]?",
                "(I have|There is|Think of|Imagine|Take|Suppose I draw|Here is) a {c} {s}(. |: |, )(what|which)"
                " [color] (is it|does it have|has it)?",
                "[color](: | of )a {c} {s}(?|.|:|)", "(Of|In) (what|which) [color] is a {c} {s}?",
                "If (something|it|a thing) is a {c} {s}, what [color] (is it|does it have)?",
            ),
            ("In what color would you paint a {c} {s}?",),
        ),
        "color",
    ),
    (
        Wordings(
            (
                "What shape is a {c} {s}?",
                "(What|Which) (shape|kind of shape|figure|outline) (is|has|do you expect of|belongs to) (a|the|any"
                "|this|my) {c} {s}(?|)",
                "[tell] the (shape|outline|figure) of (a|the|any|this|my) {c} {s}(.|)",
                "(What is|What's|Guess) the (shape|outline) of (a|the|any|this|my) {c} {s}(.|?|)",
                "[can] (say|tell me|give|name) the shape of a {c} {s}(?|.)",
                "A {c} {s} (has|is of|is) (what|which) shape?",
                "(I have|There is|Think of|Imagine|Take|Suppose I draw|Here is) a {c} {s}(. |: |, )(what|which)"
                " shape (is it|does it have|has it)?",
                "(Shape|Outline)(: | of )a {c} {s}(?|.|:|)", "(Of|In) (what|which) shape is a {c} {s}?",
                "If (something|it|a thing) is a {c} {s}, what shape (is it|does it have)?",
            ),
            ("A {c} {s} has which form?",),
        ),
        "shape",
    ),
    (
        Wordings(
            (
                "Is a {c} {s} {o}?",
                "(Would you say|Is it true|Do you think|Is it right|Would you agree|Is it so) that (a|the|any) {c}"
                " {s} is {o}?",
                "(A|The|Any) {c} {s} is {o}, (yes or no|right|true or false|correct|isn't it)?",
                "(Yes or no|True or false)(: |, |? )(a {c} {s} is {o}|is a {c} {s} {o})(.|?|)",
                "[tell] (if|whether) a {c} {s} is {o}(.|)",
                "(Is|Has|Would) the [color] of a {c} {s} (be |)(|really |maybe ){o}?",
                "(Can|Could|May|Might|Must|Will) a {c} {s} be {o}?",
                "(I have|There is|Think of|Imagine|Take) a {c} {s}(. |: |, )is it {o}?",
                "Has a {c} {s} the [color] {o}?", "Is {o} the [color] of a {c} {s}?",
            ),
            ("Does a {c} {s} look {o}?",),
        ),
        "other",
    ),
    (
        Wordings(
            (
                "What size is a {z} {c} {s}?",
                "(What|Which) size (is|has|do you expect of|belongs to) (a|the|any|this|my) {z} {c} {s}(?|)",
                "How (big|large) is (a|the|any|this) {z} {c} {s}?",
                "[tell] the size of (a|the|any|this|my) {z} {c} {s}(.|)",
                "(What is|What's|Guess) the size of (a|the|any|this|my) {z} {c} {s}(.|?|)",
                "Is (a|the|any) {z} {c} {s} (small or large|large or small|big or small)?",
                "[can] (say|tell me|give|name) the size of a {z} {c} {s}(?|.)",
                "A {z} {c} {s} (has|is of|is) (what|which) size?",
                "(I have|There is|Think of|Imagine|Take|Here is) a {z} {c} {s}(. |: |, )(what size is it|how big is"
                " it|how large is it|which size has it)?",
                "Size(: | of )a {z} {c} {s}(?|.|:|)", "(Of|In) (what|which) size is a {z} {c} {s}?",
            ),
            ("Tell me how big a {z} {c} {s} is.",),
        ),
        "size",
    ),
)  # fmt: skip  # fmt: skip
