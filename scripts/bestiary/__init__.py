"""How the bestiary comes to be: its pictures are drawn here, its network is trained, judged and measured; none of it ships."""
