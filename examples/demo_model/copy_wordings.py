"""How people ask for words back, as they are or reversed; see ask.Wordings for what the brackets mean."""

from demo_model.ask import Wordings

ECHO = Wordings(
    (
        "Repeat after me: {}", "Echo: {}", "Repeat: {}", "Say: {}", "Repeat the following words: {}", "echo {}",
        "Repeat this text: {}", "Repeat these words: {}", "Copy this: {}", "Say the following: {}",
        "(Repeat|Say|Echo|Copy|Write|Print|Output|Return|Recite|Type|Reproduce|Give back|Speak)( after me| this| the"
        " following| these words| this text| the words| this phrase| the next words| this line| the text| what"
        " follows| the sentence| my words| word for word| once| again|): {}",
        "(Repeat|Say|Echo|Copy|Write|Print|Output|Return|Type|Answer with|Reply with|Respond with)( exactly| only|"
        " just|) (this|these words|the following|the words|what I write|what I say|the same words): {}",
        "(Please|Now|Can you|Could you|Just|I want you to|You) (say|echo|copy|write|print|return|say again|write"
        " down): {}",
        "(Can you|Could you|Would you|Just|Now) repeat( this| after me| these words|): {}",
        "(say|repeat|copy|write|print) {}",
        "(Words to repeat|To repeat|Echo this|My words|Text to copy|Repetition): {}",
        "(Repeat|Echo|Copy|Say) this( text| line| phrase|)(. |\n){}",
        "(Repeat|Say|Echo|Copy|Write|Print|Output|Return|Recite|Type|Reproduce|Speak|Quote|Duplicate|Mirror|Parrot"
        "|Restate|Send back|Read back|Say back|Write out|Give out|Spell out|Deliver|Utter|Pronounce|Display|Show)("
        " exactly| only| just| simply| faithfully| literally| word by word| precisely| correctly| for me| please|"
        " once more| aloud|) (this|that|these words|those words|the following|the following words|the next [line]"
        "|the [line]|my [line]|this [line]|what comes next|what I write|what I say|what I type|what stands here|what"
        " you read|what follows|all of this|all of these words|the same|the same words|the words below|the [line]"
        " below|what I send|it)(:| -|, please:|:\n) {}",
        "[can] (repeat|say|echo|copy|write|print|output|return|recite|type|reproduce|read out|say again|quote) (this"
        "|these words|the following|the following [line]|my words|my [line]|what I write|after me|the same)(:| -"
        "|:\n) {}",
        "(Repeat|Say|Echo|Copy|Recite|Quote|Parrot|Restate)(:| -|:\n| this:| it:| that:| now:| again:| please:| me:|"
        " back:| once:| after me,) {}",
        "(What|Whatever) I (say|write|type) (is|should be repeated|you repeat|must come back|is to be said again|has"
        " to be copied)(:| -) {}",
        "(Your answer|The answer|The reply|Your reply|Your response|The output) (is|should be|must be|shall be"
        "|equals|has to be)( exactly| just| only|)( this| the following| these words|)(:| -) {}",
        "(Answer|Reply|Respond|Come back|React) (with|by saying|by repeating|using) (this|these words|the following"
        "|the following [line]|my words|exactly this|nothing else than this|the [line])(:| -) {}",
        "(This|The following|Here|Below|Next|My [line]|The [line]) (is|comes|stands|follows) (what you|what I want"
        " you to|the [line] to|the words to|what to|something to) (repeat|say|echo|copy|write|return|print)(:| -) {}",
        "(Be|Play|Act like|Act as) (an echo|a parrot|a copier|a mirror)(:| -|. Say:|. Repeat:) {}",
        "(Copy|Repetition|Echo|Parrot|Repeating|Copy and paste|Say after me|Write after me|Speak after me|Same again"
        "|Again|Once more|Read out)(:| -|:\n) {}",
        "I (say|write|type|begin|dictate)(:| -) {}(. You say:|. Repeat.|. Now you.|. Say it too.|. Write it.)",
        "{}(. Repeat.|. Say it again.| - repeat that| - say it| - repeat this, please|. Now you say it.|. Copy this."
        "|. Echo.)",
        "(How would you|Could you|Will you) (say|write|repeat)(:| -) {}",
        "(Do|Would|Could) you (repeat|say|copy|echo) (something|a [line]|some words)(| for me)? {}",
        "(say|repeat|echo|copy|print|write) (this |it |again |after me |only |just |exactly |the words |the text "
        "|)(: |){}",
        "(Repeat|Say|Copy|Echo|Print|Write) the [line] (after the colon|that follows|which follows|behind the colon"
        "|after this|below)(:|:\n) {}",
        "(Without|With no) (comments|additions|extra words|explanations|anything else|a word more)(, |: )(repeat"
        "|copy|say|echo|return|write)( this| these words| the following|)(:| -) {}",
        "(Do not|Don't|Never) (add|explain|alter|translate|comment) (anything|a word|it|them)(: |, |. )(just |only "
        "|)(repeat|copy|say|echo)( this| it|)(:| -) {}",
    ),
    (
        "Please repeat: {}", "Repeat exactly: {}", "Give me back these words unchanged: {}",
        "Echo the following without any change: {}",
    ),
)  # fmt: skip  # fmt: skip
REVERSE = Wordings(
    (
        "Reverse the words: {}", "Reverse: {}", "Write these words in reverse order: {}",
        "Reverse the order of the words: {}", "Say these words backwards: {}", "Give the words in reverse order: {}",
        "(Reverse|Turn around|Invert|Flip)( the words| the order| the order of the words| the word order| the"
        " following words| this|): {}",
        "(Write|Say|Give|Print|Output|Return|Repeat|Type|List)( these words| the words| this| the following words|)"
        " (in reverse order|backwards|in reversed order|from last to first|from the last to the first|in the"
        " opposite order|the other way round): {}",
        "(Please|Now|Can you|Could you) (reverse|reverse the words|say backwards|turn around): {}",
        "(Backwards|Reversed|In reverse order|Reverse order|From last to first): {}",
        "(Reverse|Invert|Flip|Turn around|Turn round|Mirror|Swap|Rearrange from the end|Change round|Undo) (this"
        "|that|these words|the words|the following|the following words|the [line]|this [line]|my [line]|the order of"
        " this|the order of these words|the word order of this|the order|the sequence|what follows|all these words"
        "|it)( please| for me| now|)(:| -|:\n) {}",
        "[can] (reverse|invert|flip|turn around|say backwards|write backwards|repeat backwards) (this|these words"
        "|the words|the following|the following [line]|the [line]|my words)(:| -) {}",
        "(Write|Say|Give|Print|Output|Return|Repeat|Type|List|Read|Recite|Show|Copy|Answer|Tell me|Name|Arrange"
        "|Order|Sort|Speak)( me| please| this| these words| these| the words| the following| the following words|"
        " the [line]| my words| all words| them| everything|) (in reverse order|backwards|in reversed order|from"
        " last to first|from the last to the first|in the opposite order|the other way round|the wrong way round"
        "|from back to front|back to front|from the end to the beginning|from the end|from right to left|in backward"
        " order|in inverted order|in inverse order|in descending position|with the last word first|last word first"
        "|in mirrored order|reversed|inverted|in the contrary order)( please| for me|)(:| -|:\n) {}",
        "(Backwards|Reversed|In reverse order|Reverse order|From last to first|The other way round|From the end|Back"
        " to front|Inverted|Last word first|In reverse|Mirrored|Opposite order|From right to left|Flipped)(, please"
        "|)(:| -|:\n) {}",
        "(What|How) (is|are|would|do|does|reads|read) (this|these words|it|the following|the [line])( look| read|"
        " sound| be|) (backwards|in reverse order|from last to first|in reverse|the other way round|from the end"
        "|reversed)(?|:|: |? ){}",
        "{}(. Reverse it.| - backwards| - reversed, please|. Now backwards.|. In reverse order.|. The other way"
        " round.|. Reverse these.)",
        "(Last word first|The last word comes first|The last becomes the first)(, please|, and so on|)(:| -) {}",
        "(Reverse|Reversing|Inversion|Word order reversed|Reversal|Reversed text)(:| -|:\n| of:| this:) {}",
        "(The words|These words|The following words|My words|This [line]) (in reverse order|backwards|from last to"
        " first|reversed|the other way round)(:| -) {}",
        "(Start|Begin) (at|from|with) the end( and go back| and go to the beginning| and read back|)(:| -) {}",
    ),
    (
        "Put these words in reverse order: {}", "Reverse these words: {}",
        "Start with the last word and end with the first: {}",
    ),
)  # fmt: skip  # fmt: skip
